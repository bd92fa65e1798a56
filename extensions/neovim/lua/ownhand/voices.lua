--- The voices that were learned from a folder: `:Ownhand voices`, `report`, `forget`, in words.
local messages = require("ownhand.messages")
local wording = require("ownhand.wording")

local M = {}

local is_given = wording.is_given

---@class ownhand.LearnedVoice
---@field id string
---@field active boolean
---@field decision? string "passed", "declined" or "undecided"
---@field why? string
---@field made? string when it was learned, as ISO 8601 writes it
---@field model? string

local DECISIONS = {
  passed = "passed its test",
  declined = "did not pass its test",
  undecided = "could not be tested",
}

---@param voice ownhand.LearnedVoice
---@param answer table
---@return string
local function standing(voice, answer)
  if voice.active then
    return answer.withoutVoice == true and "chosen, but silent" or "writes now"
  end
  return voice.id == answer.reveal and "waits for your choice" or DECISIONS[voice.decision] or ""
end

---@param voice ownhand.LearnedVoice
---@param answer table
---@return string[]
local function in_words(voice, answer)
  local day = (voice.made or voice.created or ""):sub(1, 10)
  local facts = { ("%s %s"):format(voice.active and "*" or " ", voice.id) }
  for _, fact in ipairs({ "learned " .. day, standing(voice, answer), voice.model or "" }) do
    facts[#facts + 1] = fact ~= "" and fact or nil
  end
  return { "", table.concat(facts, " · "), is_given(voice.why) and "    " .. voice.why or nil }
end

---@param answer table
---@return ownhand.LearnedVoice[]
local function learned(answer)
  return type(answer.adapters) == "table" and answer.adapters or {}
end

---@param answer table what `ownhand.voices` answers
---@return string[]
function M.lines(answer)
  local voices = learned(answer)
  if #voices == 0 then
    return { "Nothing was learned from this folder yet. `:Ownhand train` begins." }
  end
  local lines = { "The voices learned from this folder:" }
  for _, voice in ipairs(voices) do
    vim.list_extend(lines, in_words(voice, answer))
  end
  vim.list_extend(lines, {
    "",
    "`:Ownhand activate` with a number lets that voice write, `:Ownhand rollback` goes back to what wrote before,",
    "`:Ownhand without-voice` writes without, `:Ownhand report` says what was learned and how it was proved.",
  })
  return lines
end

---@param answer table
---@return string[]
function M.ids(answer)
  return vim.tbl_map(function(voice)
    return voice.id
  end, learned(answer))
end

--- Show the report in the browser; where there is none to be found, the path has to do.
---@param answer table what `ownhand.report` answers
function M.show_report(answer)
  if not is_given(answer.page) then
    return
  end
  local path = vim.uri_to_fname(answer.page)
  local called, opened = pcall(vim.ui.open, path)
  messages.say((called and opened and "opens %s" or "open this page in your browser: %s"):format(path))
end

---@param removed any
---@return string
local function listed(removed)
  return type(removed) == "table" and table.concat(removed, ", ") or ""
end

--- Ask before anything is forgotten. The harmless answer stands first.
---@param answer table what `ownhand.forget` answers without "yes"
---@param forget fun()
function M.confirm(answer, forget)
  if answer.removes == nil then
    return
  end
  local question = "Ownhand: forget everything about this folder? This removes for good: %s. Your own files stay."
  local prompt = question:format(listed(answer.removes))
  messages.when_resting(function()
    vim.ui.select({ "Keep it", "Forget it all" }, { prompt = prompt, kind = "ownhand.question" }, function(choice)
      if choice == "Forget it all" then
        forget()
      end
    end)
  end)
end

---@param answer table what `ownhand.forget` answers to "yes"
---@return string?
function M.forgotten(answer)
  return answer.removed and ("removed: %s. Your own files were not touched."):format(listed(answer.removed)) or nil
end

return M
