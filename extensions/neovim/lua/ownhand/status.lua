--- What the server last said about itself (`ownhand/status`), in words for a status line.
local learning = require("ownhand.learning")
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")

local M = {}

---@class ownhand.Status
---@field engine? string
---@field model? string
---@field voice? string what the writer allowed in the folder
---@field learning? ownhand.Training
---@field ownVoice? ownhand.OwnVoice
---@field words? integer
---@field why? string why there is no suggestion
---@field quiet? boolean
---@field counts? table<string, integer> suggestions of this sitting
---@field form? string "prose" or "verse": the place of the last answer

---@type table<integer, ownhand.Status> by client
local states = {}

--- Why no server runs, while none does.
---@type string?
M.trouble = nil

--- Does a status line ask for our words? Else waiting has to be shown in another way.
M.line_is_used = false

local LOOSE = "This text lies in no folder that Ownhand knows, so it knows nothing else of yours. "
  .. "`:cd` to your manuscript's folder, or put an empty file `.ownhandignore` into that folder."

--- Handler of `ownhand/status`.
---@param params ownhand.Status
---@param context { client_id: integer }
function M.on_status(_, params, context)
  states[context.client_id] = params
  learning.offer(params, vim.lsp.get_client_by_id(context.client_id))
  M.changed()
end

---@param client_id integer
function M.forget(client_id)
  states[client_id] = nil
  M.changed()
end

--- Redraw status lines, and let others know.
function M.changed()
  vim.schedule(function()
    vim.cmd.redrawstatus({ bang = true })
    vim.api.nvim_exec_autocmds("User", { pattern = "OwnhandStatus", modeline = false })
  end)
end

--- The server's status for a buffer.
---@param buffer? integer
---@return ownhand.Status?
function M.of(buffer)
  local client = lsp.client_of(buffer)
  return client and (states[client.id] or {})
end

--- Does the cursor stand in verse, where Tab indents? `vim.b.ownhand_form` overrides what the server found.
---@return boolean
function M.in_verse()
  local form = vim.b.ownhand_form or (M.of() or {}).form
  return form == "verse"
end

--- A few words for the status line: "" where Ownhand has no business.
---@param buffer? integer
---@return string
function M.line(buffer)
  M.line_is_used = true
  local state = M.of(buffer)
  if not state then
    return M.trouble and "Ownhand: not running" or ""
  end
  local words = { "Ownhand" }
  if require("ownhand.waiting").is_on() then
    words[#words + 1] = "thinking"
  elseif state.quiet then
    words[#words + 1] = "quiet"
  elseif messages.complaints[state.why] then
    words[#words + 1] = "no suggestions, see :Ownhand why"
  elseif state.model and state.model ~= "" then
    words[#words + 1] = vim.fs.basename(state.model)
  end
  words[#words + 1] = learning.line(state)
  return table.concat(words, " · ")
end

--- What is known of the folder before the server says what it may do there.
---@return string
function M.folder_in_words()
  local client = lsp.client_of()
  return client and lsp.folder_of(client) and "not asked yet" or "no folder, suggestions only"
end

--- Everything, one line per matter.
---@return string[]
function M.lines()
  local state = M.of()
  if not state then
    return { M.trouble or "Ownhand does not run for this buffer. Start it with `:Ownhand start`." }
  end
  local function known(value, otherwise)
    return (value ~= nil and value ~= "") and tostring(value) or otherwise
  end
  local lines = {
    "Engine: " .. known(state.engine, "none chosen yet; the first suggestion chooses"),
    "Model: " .. known(state.model, "none yet"),
    "This folder: " .. known(state.voice, M.folder_in_words()),
    "Words: " .. known(state.words, "0"),
    "Why nothing here: " .. known(state.why, "nothing stands in the way"),
  }
  local counts = type(state.counts) == "table" and state.counts or {}
  lines[#lines + 1] = "This sitting: " .. require("ownhand.verdicts").sitting(counts)
  return vim.list_extend(lines, learning.lines(state))
end

--- Why nothing is offered in the current buffer, in a sentence.
---@return string
function M.why()
  local client = lsp.client_of()
  if not client then
    return M.trouble or "Ownhand does not run for this buffer. Start it with `:Ownhand start`."
  end
  local why = (M.of() or {}).why
  if why and why ~= "" then
    return why
  end
  local is_loose = lsp.folder_of(client) == nil and vim.api.nvim_buf_get_name(0) ~= ""
  return is_loose and LOOSE or "nothing to suggest here."
end

--- After a question that brought nothing: say why, once the server's word on it is in.
function M.say_why()
  vim.defer_fn(function()
    messages.say(M.why())
  end, 50)
end

return M
