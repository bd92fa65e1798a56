--- `:Ownhand`: its subcommands, and their completion.
local asking = require("ownhand.asking")
local client = require("ownhand.client")
local corpus = require("ownhand.corpus")
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")
local model = require("ownhand.model")
local reports = require("ownhand.reports")
local session = require("ownhand.session")
local status = require("ownhand.status")
local verdicts = require("ownhand.verdicts")
local voice = require("ownhand.voice")
local whose = require("ownhand.whose")
local wording = require("ownhand.wording")

local M = {}

local page = messages.page

---@param row any
---@return string
local function one_line(row)
  if type(row) ~= "table" then
    return tostring(row)
  end
  local parts = {}
  for name, value in vim.spairs(row) do
    if type(value) ~= "table" and value ~= vim.NIL and value ~= "" then
      parts[#parts + 1] = ("%s: %s"):format(name, value)
    end
  end
  return table.concat(parts, "  ")
end

--- A server's answer as lines: plain values first, then each list with a line per entry.
---@param answer table
---@return string[]
local function lines_of(answer)
  local lines, lists = {}, {}
  for name, value in vim.spairs(answer) do
    if type(value) == "table" and vim.islist(value) then
      lists[#lists + 1] = ("%s (%d)"):format(name, #value)
      for _, row in ipairs(value) do
        lists[#lists + 1] = "  " .. one_line(row)
      end
    elseif value ~= vim.NIL then
      lines[#lines + 1] = ("%s: %s"):format(name, one_line(value))
    end
  end
  return vim.list_extend(lines, lists)
end

local consented = {
  learn = "Ownhand learns from this folder and suggests in it.",
  suggest = "Ownhand suggests in this folder, and learns nothing from it.",
  neither = "Ownhand keeps out of this folder.",
}

--- Answers of the server in words, by command. Each is given the answer and the arguments of the command.
---@type table<string, fun(answer: table, arguments: any[]): string|string[]|nil>
local wordings = {
  quiet = function(answer, arguments)
    local here = arguments[1] ~= vim.NIL
    if answer.quiet then
      return ("quiet%s now; `:Ownhand quiet%s` lets it speak again."):format(
        here and " in this text" or "",
        here and " here" or ""
      )
    end
    return here and "speaks again in this text." or "speaks again."
  end,
  consent = function(answer)
    return consented[answer.consent] or "you have not answered yet what Ownhand may do in this folder."
  end,
  mine = function(answer, arguments)
    local is_mine = answer.mine == "mine"
    return arguments[2] .. (is_mine and " is yours: Ownhand learns from it." or " is not yours: Ownhand leaves it out.")
  end,
  addSamples = function(answer)
    local texts = answer.samples == 1 and "one more text" or ("%d more texts"):format(answer.samples)
    return ("reads %s from now on."):format(texts)
  end,
  corpus = function(answer)
    return corpus.lines(answer)
  end,
  verdicts = function(answer)
    return verdicts.lines(answer)
  end,
}

---@param name string
---@param answer table
---@param arguments any[]
local function show_answer(name, answer, arguments)
  if answer.sentence then
    messages.say(answer.sentence)
    return
  end
  local words = wordings[name] and wordings[name](answer, arguments)
  if not words then
    words = vim.tbl_count(answer) == 1 and one_line(answer) or lines_of(answer)
  end
  if type(words) == "table" then
    page(name, words)
  else
    messages.say(words)
  end
end

--- Run a command of the server and show what it says.
---@param name string without "ownhand."
---@param arguments any[]
local function run(name, arguments)
  asking.run(name, arguments, function(answer)
    show_answer(name, answer, arguments)
  end)
end

local folder = asking.folder

--- Say whose a piece is.
---@param words string[] its path, or its id; a space in it may have been escaped or not
---@param answer string
local function tell_whose(words, answer)
  if #words == 0 then
    messages.say("which piece? Name it by its path, as `:Ownhand corpus` lists it.", vim.log.levels.WARN)
    return
  end
  run("mine", { folder(), table.concat(words, " "), answer })
end

local EXCERPT = 40

--- "Not mine", of the suggestion seen last; the answer names it, because it is no longer there to be looked at.
---@param reason? string
local function reject(reason)
  local rejected
  rejected = session.reject(reason, function(err, answer)
    if err then
      messages.say(err.message, vim.log.levels.WARN)
    elseif type(answer) == "table" and answer.sentence then
      messages.say(answer.sentence)
    else
      local why = reason and ": " .. reason or ""
      messages.say(("“%s” is not yours%s."):format(wording.beginning(rejected.text, EXCERPT), why))
    end
  end)
  if not rejected then
    messages.say("no suggestion was seen yet that could be rejected.", vim.log.levels.WARN)
  end
end

---@type table<string, fun(arguments: string[])>
local subcommands = {
  start = function()
    client.start(vim.api.nvim_get_current_buf())
  end,
  stop = function()
    client.stop()
  end,
  restart = function()
    local buffers = {}
    for _, serving in ipairs(lsp.clients()) do
      vim.list_extend(buffers, vim.tbl_keys(serving.attached_buffers))
    end
    client.stop()
    vim.wait(3000, function()
      return #lsp.clients() == 0
    end, 20)
    vim.iter(buffers):each(client.start)
  end,
  status = function()
    page("status", status.lines())
  end,
  why = function()
    status.say_why()
  end,
  messages = function()
    page("messages", #messages.history > 0 and messages.history or { "No messages." })
  end,
  reject = function(arguments)
    reject(#arguments > 0 and reports.known_reason(table.concat(arguments, " ")) or nil)
  end,
  verdicts = function()
    run("verdicts", { folder() })
  end,
  whose = function()
    whose.toggle()
  end,
  ask = function()
    local column = vim.api.nvim_win_get_cursor(0)[2]
    vim.api.nvim_create_autocmd("InsertEnter", { once = true, callback = vim.schedule_wrap(session.ask) })
    vim.cmd.startinsert({ bang = column >= #vim.api.nvim_get_current_line() - 1 })
  end,
  quiet = function(arguments)
    run("quiet", { arguments[1] == "here" and vim.uri_from_bufnr(0) or vim.NIL })
  end,
  consent = function(arguments)
    run("consent", { folder(), consented[arguments[1]] and arguments[1] or vim.NIL })
  end,
  model = function()
    model.pick()
  end,
  corpus = function()
    run("corpus", { folder() })
  end,
  mine = function(arguments)
    tell_whose(arguments, "mine")
  end,
  ["not-mine"] = function(arguments)
    tell_whose(arguments, "not mine")
  end,
  ["add-samples"] = function(arguments)
    run("addSamples", { folder(), vim.tbl_map(vim.fs.normalize, arguments) })
  end,
}
subcommands = vim.tbl_extend("error", subcommands, voice.subcommands)

--- Server commands that have a form of their own above, or belong to the keys.
local served_above = {
  accept = true,
  dismiss = true,
  addSamples = true,
  removeSamples = true,
  mine = true,
  models = true,
  provenance = true,
}
for _, name in ipairs(voice.served) do
  served_above[name] = true
end

---@return string[]
local function names()
  local found = vim.tbl_keys(subcommands)
  local serving = lsp.client_of()
  for _, command in ipairs(serving and lsp.commands(serving) or {}) do
    local name = command:match("^ownhand%.(.+)$")
    if name and not subcommands[name] and not served_above[name] then
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

local choices = {
  quiet = { "here" },
  consent = { "learn", "neither", "suggest" },
}

--- The pieces of the folder, as they are written on the command line.
---@return string[]
local function pieces()
  return vim.tbl_map(function(path)
    return vim.fn.escape(path, " \\")
  end, corpus.paths(asking.now("corpus")))
end

--- The rest of each reason that begins with what is written already: one may have two words.
---@param lead string the word at the cursor
---@param line string
---@return string[]
local function reasons(lead, line)
  local written = line:match("reject%s+(.*)$") or ""
  local done = #written - #lead
  local fitting = vim.tbl_filter(function(reason)
    return vim.startswith(reason, written)
  end, reports.REASONS)
  return vim.tbl_map(function(reason)
    return reason:sub(done + 1)
  end, fitting)
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(line:gsub("^.-Ownhand!?%s*", ""), "%s+")
  if #words > 1 and words[1] == "reject" then
    return reasons(lead, line)
  end
  if #words > 1 and words[1] == "add-samples" then
    return vim.fn.getcompletion(lead, "file")
  end
  local candidates = #words > 1 and (choices[words[1]] or {}) or names()
  if #words > 1 and (words[1] == "mine" or words[1] == "not-mine") then
    candidates = pieces()
  elseif #words > 1 and words[1] == "activate" then
    candidates = voice.ids()
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, candidates)
end

---@param invocation { fargs: string[] }
function M.run(invocation)
  local name = invocation.fargs[1] or "status"
  local arguments = vim.list_slice(invocation.fargs, 2)
  if subcommands[name] then
    subcommands[name](arguments)
  elseif vim.tbl_contains(names(), name) then
    run(name, vim.list_extend({ folder() }, arguments))
  else
    messages.say(("no subcommand %q; it has: %s"):format(name, table.concat(names(), ", ")), vim.log.levels.WARN)
  end
end

return M
