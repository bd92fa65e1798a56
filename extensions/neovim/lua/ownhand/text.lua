--- Counting and cutting text: pure functions on UTF-8 strings.
local M = {}

--- UTF-16 units of a string (the LSP's unit for lengths).
---@param text string
---@return integer
function M.utf16_length(text)
  local units = 0
  for index = 1, #text do
    local byte = text:byte(index)
    if byte < 0x80 or byte >= 0xC0 then
      units = units + (byte >= 0xF0 and 2 or 1)
    end
  end
  return units
end

--- The LSP column of a byte offset in a line.
---@param line string
---@param byte integer 0-based
---@param encoding string "utf-8", "utf-16" or "utf-32"
---@return integer
function M.column(line, byte, encoding)
  local head = line:sub(1, byte)
  if encoding == "utf-8" then
    return #head
  end
  return encoding == "utf-32" and select(2, head:gsub("[^\128-\191]", "")) or M.utf16_length(head)
end

--- The byte offset of an LSP column in a line: the other way round. A column beyond the end means the end.
---@param line string
---@param column integer
---@param encoding string "utf-8", "utf-16" or "utf-32"
---@return integer 0-based
function M.byte(line, column, encoding)
  if encoding == "utf-8" then
    return math.min(column, #line)
  end
  local units, index = 0, 1
  while index <= #line and units < column do
    local lead = line:byte(index)
    local size = lead >= 0xF0 and 4 or lead >= 0xE0 and 3 or lead >= 0xC0 and 2 or 1
    units = units + ((encoding == "utf-16" and size == 4) and 2 or 1)
    index = index + size
  end
  return math.min(index - 1, #line)
end

--- The characters of a string, each with the marks that combine with it.
---@param text string
---@return string[]
function M.characters(text)
  return vim.fn.split(text, "\\zs")
end

--- Does the text begin with a mark that belongs to the character before it (the accent of a decomposed "é")?
---@param text string
---@return boolean
function M.starts_inside_character(text)
  local first = text:match("^[\194-\244][\128-\191]*")
  return first ~= nil and vim.api.nvim_strwidth(first) == 0
end

local BLANK, PUNCTUATION, WORD = 0, 1, 2

---@param character string
---@return integer class a script (kana, kanji, ...) has a class of its own
local function class_of(character)
  if character == "\n" or character == "\t" then
    return BLANK
  end
  return vim.fn.charclass(character)
end

local joins = { ["'"] = true, ["’"] = true, ["-"] = true, ["‐"] = true, ["·"] = true }

---@param characters string[]
---@param index integer
---@param wanted fun(class: integer): boolean
---@return integer index of the first character that isn't wanted
local function skip(characters, index, wanted)
  while characters[index] and wanted(class_of(characters[index])) do
    index = index + 1
  end
  return index
end

--- The first word of a text with the white space and punctuation around it: what one key press accepts.
---
--- "well-worn", "don't" are one word each. Where no spaces stand between words (Japanese), a run of one script with
--- the punctuation after it counts as one.
---@param text string
---@return string
function M.first_word(text)
  local characters = M.characters(text)
  local index = skip(characters, 1, function(class)
    return class == BLANK
  end)
  index = skip(characters, index, function(class)
    return class == PUNCTUATION
  end)
  if characters[index] and class_of(characters[index]) ~= BLANK then
    local script = class_of(characters[index])
    local function same(class)
      return class == script
    end
    index = skip(characters, index, same)
    while joins[characters[index] or ""] and characters[index + 1] and class_of(characters[index + 1]) == WORD do
      index = skip(characters, index + 1, same)
    end
  end
  index = skip(characters, index, function(class)
    return class == PUNCTUATION
  end)
  return table.concat(characters, "", 1, index - 1)
end

--- The first line of a text: up to its next line end, a leading one included.
---@param text string
---@return string
function M.first_line(text)
  local blank = text:match("^\n*") or ""
  return blank .. text:sub(#blank + 1):match("^[^\n]*")
end

return M
