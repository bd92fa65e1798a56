--- `:Ownhand verdicts` as a page to read: what became of the suggestions, in words.
local wording = require("ownhand.wording")

local M = {}

local is_given, number, padded = wording.is_given, wording.number, wording.padded

local NAME_WIDTH = 28
local COLUMNS = "%s %7s %7s %8s %6s %6s"
local CONTEXT = 60 -- characters in front of a suggestion

---@class ownhand.Figures how many suggestions came to what
---@field offered? integer
---@field shown? integer
---@field accepted? integer
---@field partial? integer
---@field typed_through? integer
---@field typed_past? integer
---@field dismissed? integer
---@field rejected? integer
---@field unseen? integer
---@field kept_300s? integer there still after five minutes
---@field looked_300s? integer of so many it is known
---@field acceptance_rate? number
---@field keystrokes_saved? integer

---@class ownhand.Verdict a suggestion that was shown, and its fate
---@field at number Unix seconds
---@field fate? string|vim.NIL
---@field learned? string|vim.NIL
---@field sure? number|vim.NIL
---@field before? string|vim.NIL
---@field text? string|vim.NIL
---@field instead? string|vim.NIL
---@field settled? string|vim.NIL
---@field reason? string|vim.NIL
---@field model? string|vim.NIL
---@field kept_300s? boolean|vim.NIL
---@field removed? boolean|vim.NIL

---@param figures table
---@param name string
---@return integer
local function count(figures, name)
  local value = figures[name]
  return type(value) == "number" and value or 0
end

---@param figures ownhand.Figures
---@return integer taken ones of which it is known whether they were there after five minutes
local function looked(figures)
  return math.max(count(figures, "looked_300s"), count(figures, "kept_300s"))
end

--- What became of suggestions, each with the words for it, in the order in which it is told.
local KINDS = {
  { "accepted", "taken whole" },
  { "partial", "taken in part" },
  { "typed_through", "typed by yourself, letter by letter" },
  { "typed_past", "typed past: you wrote something else" },
  { "dismissed", "put away" },
  { "rejected", "not yours" },
  { "ignored", "left: you went on elsewhere" },
  { "unknown", "not known" },
}

---@param figures ownhand.Figures
---@return string[]
local function sums(figures)
  local shown = count(figures, "shown")
  local lines = {
    ("%s shown, of %s offered."):format(wording.counted(shown, "suggestion"), number(count(figures, "offered"))),
    "",
  }
  for _, kind in ipairs(KINDS) do
    local so_many = count(figures, kind[1])
    if so_many > 0 then
      lines[#lines + 1] = ("%9s  %s"):format(number(so_many), kind[2])
    end
  end
  if shown > 0 and type(figures.acceptance_rate) == "number" then
    vim.list_extend(lines, { "", ("You took %s of those shown."):format(wording.percent(figures.acceptance_rate)) })
  end
  return lines
end

---@param figures ownhand.Figures
---@return string[]
local function afterwards(figures)
  local lines = {}
  if looked(figures) > 0 then
    local kept, of = number(count(figures, "kept_300s")), number(looked(figures))
    lines[1] = ("Of %s taken, and old enough to tell, %s stood there still after five minutes."):format(of, kept)
  end
  if type(figures.keystrokes_saved) == "number" then
    lines[#lines + 1] = ("Keystrokes saved: %s."):format(number(figures.keystrokes_saved))
  end
  return lines
end

local TABLES = {
  { "by_form", "By form" },
  { "by_length", "By length in words" },
  { "by_model", "By model" },
  { "by_adapter", "By what was learned of you" },
}

---@param name string as the server has it
---@param key string of the table
---@return string
local function row_name(name, key)
  if key == "by_adapter" and name == "none" then
    return "nothing yet"
  end
  return key == "by_model" and vim.fs.basename(name) or name
end

--- "4-7" before "16-31"; other names as they are spelled.
---@param one string
---@param other string
---@return boolean
local function comes_before(one, other)
  local low, high = tonumber(one:match("^%d+")), tonumber(other:match("^%d+"))
  if low and high and low ~= high then
    return low < high
  end
  return one < other
end

---@param answer table
---@param key string
---@param heading string
---@return string[]
local function figure_table(answer, key, heading)
  local rows = type(answer[key]) == "table" and answer[key] or {}
  local names = vim.tbl_keys(rows)
  if #names == 0 or (key == "by_adapter" and #names == 1 and names[1] == "none") then
    return {}
  end
  table.sort(names, comes_before)
  local lines = { "", COLUMNS:format(padded(heading, NAME_WIDTH), "shown", "taken", "in part", "", "kept") }
  for _, name in ipairs(names) do
    local figures = rows[name]
    local shown = count(figures, "shown")
    lines[#lines + 1] = COLUMNS:format(
      padded("  " .. row_name(name, key), NAME_WIDTH),
      number(shown),
      number(count(figures, "accepted")),
      number(count(figures, "partial")),
      shown > 0 and wording.percent(count(figures, "acceptance_rate")) or "",
      looked(figures) > 0 and number(count(figures, "kept_300s")) or ""
    )
  end
  return lines
end

local FATES = {
  accepted = "you took it",
  partial = "you took the first words",
  typed_through = "you typed it yourself, letter by letter",
  typed_past = "you wrote something else",
  dismissed = "put away",
  rejected = "not yours",
  ignored = "you went on elsewhere",
  unknown = "not known",
}

---@param verdict ownhand.Verdict
---@return string
local function fate_in_words(verdict)
  local words = { FATES[verdict.fate] or (is_given(verdict.fate) and verdict.fate:gsub("_", " ")) or "still open" }
  if verdict.fate == "rejected" and is_given(verdict.reason) then
    words[1] = words[1] .. ": " .. verdict.reason
  end
  if verdict.removed == true then
    words[#words + 1] = "deleted again"
  elseif verdict.kept_300s == true then
    words[#words + 1] = "there still after five minutes"
  elseif verdict.kept_300s == false then
    words[#words + 1] = "changed or gone within five minutes"
  end
  if verdict.learned == "inferred" and is_given(verdict.fate) then
    local sure = type(verdict.sure) == "number" and verdict.sure or 1
    words[#words + 1] = sure >= 0.9 and "told from the text" or "told from the text, and not sure"
  end
  return table.concat(words, "; ")
end

--- A text on one line; verse as it is quoted in prose.
---@param text any
---@return string
local function one_line(text)
  return is_given(text) and vim.trim((vim.trim(text):gsub("%s*\n%s*", " / "))) or ""
end

---@param verdict ownhand.Verdict
---@return string[]
local function in_words(verdict)
  local at = type(verdict.at) == "number" and os.date("%Y-%m-%d %H:%M", math.floor(verdict.at)) or ""
  local lines = { "", ("%s  %s"):format(at, fate_in_words(verdict)) }
  local text = one_line(verdict.text)
  if text == "" then
    lines[#lines + 1] = "  (the words are not kept)"
    return lines
  end
  local before = vim.trim(wording.ending(one_line(verdict.before), CONTEXT))
  lines[#lines + 1] = ("  %s [%s]"):format(before, text)
  if is_given(verdict.instead) then
    lines[#lines + 1] = "  you wrote: " .. one_line(verdict.instead)
  elseif is_given(verdict.settled) and verdict.fate == "accepted" and one_line(verdict.settled) ~= text then
    lines[#lines + 1] = "  it reads now: " .. one_line(verdict.settled)
  end
  return lines
end

---@param answer table what `ownhand.verdicts` answers
---@return string[]
function M.lines(answer)
  if count(answer, "offered") == 0 then
    return { "No suggestion was offered in this folder so far." }
  end
  local lines = sums(answer)
  vim.list_extend(lines, afterwards(answer))
  for _, part in ipairs(TABLES) do
    vim.list_extend(lines, figure_table(answer, part[1], part[2]))
  end
  local recent = type(answer.recent) == "table" and answer.recent or {}
  if #recent > 0 then
    vim.list_extend(lines, { "", "The last ones, with what stood before them:" })
  end
  for _, verdict in ipairs(recent) do
    vim.list_extend(lines, in_words(verdict))
  end
  return lines
end

--- The counts of this sitting in one sentence.
---@param counts table<string, integer> of the status
---@return string
function M.sitting(counts)
  local shown = count(counts, "shown")
  if shown == 0 and count(counts, "offered") == 0 then
    return "no suggestion yet"
  end
  local parts = { wording.counted(shown, "suggestion") .. " shown" }
  for _, kind in ipairs(KINDS) do
    local so_many = count(counts, kind[1])
    if so_many > 0 then
      parts[#parts + 1] = ("%s %s"):format(number(so_many), kind[2]:match("^[^:,]+"))
    end
  end
  return table.concat(parts, ", ")
end

return M
