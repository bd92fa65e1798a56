--- Letting the writer know, who asked by a key, that an answer is awaited, and that it is no more.
local notice = require("ownhand.notice")

local M = {}

local THINKING_MS = 500

---@type table? the question whose answer is awaited
local awaited
---@type integer? number of the notice that says so
local thinking

local function status()
  return require("ownhand.status")
end

--- Where no status line does it, say it when the answer takes longer than a moment.
---@param question table
local function show_thinking(question)
  if awaited == question and not status().line_is_used then
    thinking = notice.show("Ownhand is thinking…")
  end
end

---@param question table
function M.begin(question)
  awaited = question
  status().changed()
  vim.defer_fn(function()
    show_thinking(question)
  end, THINKING_MS)
end

---@param question table
function M.over(question)
  if awaited ~= question then
    return
  end
  awaited = nil
  status().changed()
  if thinking then
    notice.hide(thinking)
    thinking = nil
  end
end

---@return boolean
function M.is_on()
  return awaited ~= nil
end

return M
