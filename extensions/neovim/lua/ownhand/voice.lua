--- The subcommands of `:Ownhand` that are about the writer's voice.
local asking = require("ownhand.asking")
local learning = require("ownhand.learning")
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")
local reveal = require("ownhand.reveal")
local voices = require("ownhand.voices")

local M = {}

--- Server commands that have a form of their own here.
M.served = { "withoutVoice", "notYet" }

---@param words? fun(answer: table): string?
---@return fun(answer: table)
local function saying(words)
  return function(answer)
    local said = type(answer.sentence) == "string" and answer.sentence or words and words(answer)
    if said then
      messages.say(said)
    end
  end
end

--- Run a command for this folder, and say what came of it.
---@param name string
---@param more any[]
---@param words? fun(answer: table): string?
local function tell(name, more, words)
  asking.run(name, vim.list_extend({ asking.folder() }, more), saying(words))
end

---@param name string
---@return fun()
local function steering(name)
  return function()
    tell(name, {}, learning.answer_in_words)
  end
end

---@param answer table
---@return string?
local function toggled(answer)
  if type(answer.withoutVoice) == "boolean" then
    return answer.withoutVoice and "suggestions come without your voice now." or "suggestions come in your voice again."
  end
end

---@param answer table
---@return string
local function active(answer)
  return type(answer.active) == "string" and ("voice %s writes from now on."):format(answer.active)
    or "the model writes as it came from now on."
end

--- The page asks for its folder also when the writer has left the text by then.
local function show_reveal()
  local serving, folder = lsp.client_of(), asking.folder()
  asking.run("reveal", { folder }, function(answer)
    saying()(answer)
    reveal.show(answer, function(command, arguments, answered)
      asking.of_client(serving)(command:gsub("^ownhand%.", ""), vim.list_extend({ folder }, arguments), answered)
    end)
  end)
end

local function forget()
  local folder = asking.folder()
  asking.run("forget", { folder }, function(answer)
    if answer.removes == nil then
      return saying()(answer)
    end
    voices.confirm(answer, function()
      asking.run("forget", { folder, "yes" }, saying(voices.forgotten))
    end)
  end)
end

---@type table<string, fun(arguments: string[])>
M.subcommands = {
  train = steering("train"),
  pause = steering("pause"),
  resume = steering("resume"),
  cancel = function()
    tell("cancel", {}, function(answer)
      return answer.training and "learning was given up; all stays as it was." or nil
    end)
  end,
  voices = function()
    asking.run("voices", { asking.folder() }, function(answer)
      if answer.adapters == nil then
        return saying()(answer)
      end
      messages.page("voices", voices.lines(answer))
    end)
  end,
  activate = function(arguments)
    if not arguments[1] then
      messages.say("which voice? Name it by its number, as `:Ownhand voices` lists it.", vim.log.levels.WARN)
      return
    end
    tell("activate", { arguments[1] }, active)
  end,
  rollback = function()
    tell("rollback", {}, active)
  end,
  ["without-voice"] = function()
    tell("withoutVoice", {}, toggled)
  end,
  reveal = show_reveal,
  report = function()
    asking.run("report", { asking.folder() }, function(answer)
      saying()(answer)
      voices.show_report(answer)
    end)
  end,
  forget = forget,
}

--- The numbers of the voices, for completion.
---@return string[]
function M.ids()
  return voices.ids(asking.now("voices"))
end

return M
