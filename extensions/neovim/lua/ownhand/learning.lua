--- Learning the writer's hand: `:Ownhand train|pause|resume|cancel`, and how far it is, in words.
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")

local M = {}

---@class ownhand.Training
---@field state string
---@field sentence? string one line for the writer
---@field step? integer
---@field steps? integer
---@field etaSeconds? number|vim.NIL

---@class ownhand.OwnVoice
---@field voice? string whose numbers the others are
---@field adapter? string|vim.NIL the learned voice that writes
---@field withoutVoice? boolean
---@field reveal? string|vim.NIL the voice that waits for the writer's choice
---@field sentence? string

local AT_WORK = { preparing = true, training = true, evaluating = true }

local STATES = {
  waiting = "learning is about to begin.",
  preparing = "learning is being prepared.",
  training = "learning is under way.",
  paused = "learning is paused, and nothing is lost; `:Ownhand resume` goes on.",
  evaluating = "what was learned is tested on pages that it has not seen.",
  passed = "what was learned passed its test.",
  declined = "what was learned did not pass its test; all stays as it was.",
  failed = "learning stopped; :Ownhand messages says why.",
}

---@param value any
---@return table
local function as_table(value)
  return type(value) == "table" and value or {}
end

---@param state ownhand.Status
---@return ownhand.Training
function M.of(state)
  local training = as_table(state.learning)
  training.state = training.state or "idle"
  return training
end

---@param seconds number
---@return string
local function time_left(seconds)
  local minutes = math.floor(seconds / 60 + 0.5)
  if minutes <= 1 then
    return "about a minute left"
  end
  return minutes < 90 and ("about %d minutes left"):format(minutes)
    or ("about %d hours left"):format(math.floor(minutes / 60 + 0.5))
end

---@param training ownhand.Training
---@return string? percent
local function share(training)
  local steps, step = training.steps, training.step
  if type(steps) == "number" and type(step) == "number" and steps > 0 then
    return ("%d%%"):format(math.floor(100 * math.min(step, steps) / steps))
  end
end

--- "42%, about 9 minutes left", "" when there is nothing to count.
---@param training ownhand.Training
---@return string
local function progress_in_words(training)
  local parts = { share(training) }
  if type(training.etaSeconds) == "number" then
    parts[#parts + 1] = time_left(training.etaSeconds)
  end
  return table.concat(parts, ", ")
end

--- Everything in one sentence.
---@param training ownhand.Training
---@return string
function M.in_words(training)
  local sentence = training.sentence
  if type(sentence) ~= "string" or sentence == "" then
    sentence = STATES[training.state] or "nothing is under way; `:Ownhand train` begins."
  end
  if not AT_WORK[training.state] or sentence:find("%d%s?%%") or sentence:find("minute") then
    return sentence
  end
  local counted = progress_in_words(training)
  return counted == "" and sentence or ("%s %s."):format(sentence, counted)
end

---@param state ownhand.Status
---@return ownhand.OwnVoice
local function voice_of(state)
  return as_table(state.ownVoice)
end

---@param id any
---@return boolean
local function is_id(id)
  return type(id) == "string" and id ~= ""
end

--- A few words for the status line, nil when there is nothing to say.
---@param state ownhand.Status
---@return string?
function M.line(state)
  local training = M.of(state)
  if AT_WORK[training.state] then
    local counted = share(training)
    return "learning" .. (counted and " " .. counted or "")
  end
  if training.state == "paused" then
    return "learning paused"
  end
  local voice = voice_of(state)
  if is_id(voice.reveal) then
    return "your voice waits, see :Ownhand reveal"
  end
  return is_id(voice.adapter) and not voice.withoutVoice and "your voice" or nil
end

--- Lines for the page of `:Ownhand status`.
---@param state ownhand.Status
---@return string[]
function M.lines(state)
  local voice = voice_of(state)
  local words = type(voice.sentence) == "string" and voice.sentence or ""
  if words == "" then
    local writes = is_id(voice.adapter) and ("voice %s writes"):format(voice.adapter) or "none learned yet that writes"
    words = voice.withoutVoice and "suggestions come without it; `:Ownhand without-voice` brings it back" or writes
  end
  local learning = M.in_words(M.of(state)):gsub("^learning is ", "")
  local lines = { "Learning: " .. learning, "Your voice: " .. words }
  if is_id(voice.reveal) then
    lines[#lines + 1] = "A voice waits for your choice: `:Ownhand reveal`"
  end
  return lines
end

--- Offer a first voice, once: what was offered is remembered beyond the sitting (|shada-!|).
---@param state ownhand.Status
---@param client vim.lsp.Client?
function M.offer(state, client)
  local reveal = voice_of(state).reveal
  local folder = client and lsp.folder_of(client)
  if not is_id(reveal) or not folder then
    return
  end
  local offered = as_table(vim.g.OWNHAND_OFFERED)
  local name = ("%s-%s"):format(voice_of(state).voice or "", reveal) -- numbers begin anew with every voice
  if offered[folder] ~= name then
    offered[folder] = name
    vim.g.OWNHAND_OFFERED = offered
    messages.say_at_rest("learned to write in your hand. `:Ownhand reveal` shows it beside your own words.")
  end
end

--- What a command of learning answered, in words. What went wrong the server has said itself.
---@param answer table
---@return string?
function M.answer_in_words(answer)
  return type(answer.training) == "table" and M.in_words(answer.training) or nil
end

return M
