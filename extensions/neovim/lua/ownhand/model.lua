--- `:Ownhand model`: picking the model that writes the suggestions.
local client = require("ownhand.client")
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")

local M = {}

---@class ownhand.Model an entry of the answer of `ownhand.models`
---@field name string
---@field setting string what `model` has to be to have this one
---@field size integer bytes; 0: unknown
---@field licence string
---@field suitable boolean
---@field why string why it is left out
---@field can_learn boolean
---@field packaged boolean
---@field current boolean

---@class ownhand.ModelList
---@field models ownhand.Model[] the suitable ones first
---@field sentence string what the writer should know now
---@field better string how to get a better one

--- In powers of ten, as disks and Ollama count.
---@param bytes integer
---@return string
local function size_in_words(bytes)
  return bytes < 1e9 and ("%.0f MB"):format(bytes / 1e6) or ("%.1f GB"):format(bytes / 1e9)
end

---@param model ownhand.Model
---@return string
local function in_words(model)
  local words = { model.name }
  if model.size > 0 then
    words[#words + 1] = size_in_words(model.size)
  end
  if model.current then
    words[#words + 1] = "chosen now"
  end
  if not model.suitable then
    words[#words + 1] = "left out: it " .. model.why
    return table.concat(words, " · ")
  end
  if model.packaged then
    words[#words + 1] = "writes poorly, for trying out"
  end
  words[#words + 1] = (model.can_learn and "can" or "can't") .. " be taught your hand later"
  if model.licence ~= "" then
    words[#words + 1] = model.licence
  end
  return table.concat(words, " · ")
end

---@param model ownhand.Model
local function take(model)
  if not model.suitable then
    messages.say(("%s can't write your suggestions: it %s."):format(model.name, model.why), vim.log.levels.WARN)
    return
  end
  client.change_setting("model", model.setting)
  local line = ('require("ownhand").setup({ settings = { model = %s } })'):format(vim.inspect(model.setting))
  messages.say(("%s writes from now on. To keep it, put into your configuration: %s"):format(model.name, line))
end

---@param list ownhand.ModelList
local function show(list)
  local entries = vim.list_extend({}, list.models)
  if list.better ~= "" then
    entries[#entries + 1] = { way = list.better }
  end
  vim.ui.select(entries, {
    prompt = list.sentence ~= "" and list.sentence or "The model that writes the suggestions:",
    kind = "ownhand.model",
    format_item = function(entry)
      return entry.way and "How to get a better one" or in_words(entry)
    end,
  }, function(picked)
    if picked and picked.way then
      messages.page("model", { picked.way })
    elseif picked then
      take(picked)
    end
  end)
end

--- Ask the server which models there are, and the writer for one of them.
function M.pick()
  local serving = lsp.client_of()
  if not serving then
    messages.say("not running for this buffer; `:Ownhand start` starts it, then choose.", vim.log.levels.WARN)
    return
  end
  local sent = lsp.execute(serving, "ownhand.models", {}, function(err, answer)
    if err or type(answer) ~= "table" or not answer.models then
      local why = err and err.message or (answer or {}).sentence or "no answer"
      messages.say(("could not list the models: %s"):format(why), vim.log.levels.WARN)
      return
    end
    messages.when_resting(function()
      show(answer)
    end)
  end)
  if not sent then
    messages.say("this server can't list models; update it, or set `model` by hand.", vim.log.levels.WARN)
  end
end

return M
