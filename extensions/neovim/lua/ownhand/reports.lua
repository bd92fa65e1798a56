--- What the server is told of the writer's gestures.
---
--- Neovim sends changes of the text late, but what still waits goes out before any notification or request (0.10 to
--- 0.12 alike): a gesture that changed the text is told after the change, so the server finds the text as it then is.
local lsp = require("ownhand.lsp")

local M = {}

--- The reasons that a rejection can be given; others may be written as well.
M.REASONS = { "wrong word", "wrong rhythm", "cliché", "wrong fact", "own words" }

---@class ownhand.Told a suggestion as the server is told of it
---@field id string
---@field item table as it was handed over
---@field text string all of it
---@field buffer integer

---@type table<string, true> ids of suggestions that stood on the screen
local seen = {}
---@type ownhand.Told[] on the screen, and not told yet
local due = {}
---@type ownhand.Told? the newest that stood on the screen
local newest
---@type ownhand.Told? the newest that was rejected, while it has no reason
local unexplained

---@param suggestion ownhand.Told
---@param method string
---@param params table
local function notify(suggestion, method, params)
  local client = lsp.client_of(suggestion.buffer)
  if client then
    lsp.notify(client, method, params)
  end
end

local function tell_due()
  local told = due
  due = {}
  for _, suggestion in ipairs(told) do
    notify(suggestion, "textDocument/didShowCompletion", { item = suggestion.item })
  end
end

--- Did it stand on the screen?
---@param suggestion ownhand.Told
---@return boolean
function M.was_seen(suggestion)
  return seen[suggestion.id] == true
end

--- It stands on the screen. Told once for each. May be called while the screen is being drawn.
---@param suggestion ownhand.Told
function M.drawn(suggestion)
  newest = suggestion
  if not seen[suggestion.id] then
    seen[suggestion.id] = true
    due[#due + 1] = suggestion
    vim.schedule(tell_due)
  end
end

--- The text now holds a part of it, and the writer took the end of that part by a key.
---@param suggestion ownhand.Told
---@param length integer UTF-16 units from its start, those that were typed through included
function M.took_part(suggestion, length)
  tell_due()
  unexplained = nil
  local params = { item = suggestion.item, acceptedLength = length }
  notify(suggestion, "textDocument/didPartiallyAcceptCompletion", params)
end

--- The text now holds all of it, and the writer took the end by a key: run its command.
---@param suggestion ownhand.Told
function M.took_all(suggestion)
  tell_due()
  unexplained = nil
  local client = lsp.client_of(suggestion.buffer)
  local command = suggestion.item.command
  if client and type(command) == "table" then
    lsp.execute(client, command.command, command.arguments, nil, suggestion.buffer)
  end
end

---@param suggestion ownhand.Told
function M.dismissed(suggestion)
  tell_due()
  local client = lsp.client_of(suggestion.buffer)
  if client then
    lsp.execute(client, "ownhand.dismiss", { suggestion.id }, nil, suggestion.buffer)
  end
end

--- A reason as it is spelled in REASONS, however it was typed; any other as it is.
---@param reason string
---@return string
function M.known_reason(reason)
  local wanted = vim.fn.tolower(reason)
  for _, name in ipairs(M.REASONS) do
    if wanted == name or wanted == name:gsub("é", "e") then
      return name
    end
  end
  return reason
end

--- "Not mine." A reason without a suggestion belongs to the last rejection while that has none. A server that keeps no
--- such notes is told that it was put away.
---@param suggestion? ownhand.Told none: the one seen last
---@param reason? string
---@param handler? fun(err: lsp.ResponseError?, result: any)
---@return ownhand.Told? rejected nil when there is none, or no server to tell
function M.rejected(suggestion, reason, handler)
  tell_due()
  local meant = suggestion or (reason and unexplained) or newest
  local client = meant and lsp.client_of(meant.buffer)
  if not meant or not client then
    return nil
  end
  unexplained = not reason and meant or nil
  local noted = vim.tbl_contains(lsp.commands(client), "ownhand.reject")
  local command = noted and "ownhand.reject" or "ownhand.dismiss"
  lsp.execute(client, command, { meant.id, noted and reason or nil }, handler, meant.buffer)
  return meant
end

return M
