--- Breaking ghost text into screen rows the way Neovim breaks real text, so that accepting moves nothing.
---
--- Virtual text is broken by Neovim between any two cells and virtual lines not at all. The functions here compute the
--- rows: at white space where 'linebreak' is set, else at the window's edge; a double-width character is never split.
local text = require("ownhand.text")

local M = {}

---@class ownhand.Measure
---@field width integer cells of a row
---@field first integer cells of the first row that are taken already
---@field hang integer cells at the start of every later row that Neovim fills itself ('breakindent', 'showbreak')
---@field linebreak boolean break at white space
---@field breakat string characters after which a line may break
---@field glued? boolean the text goes on in the middle of a word that stands there already

---@param character string
---@return integer cells
local function cells_of(character)
  return vim.api.nvim_strwidth(character)
end

--- Replace tabs, which virtual text can't show, by the spaces that they would take.
---@param line string
---@param column integer cells left of the line
---@param tabstop integer
---@return string
function M.expand_tabs(line, column, tabstop)
  if not line:find("\t", 1, true) then
    return line
  end
  local out = {}
  for _, character in ipairs(text.characters(line)) do
    local shown = character == "\t" and (" "):rep(tabstop - column % tabstop) or character
    column = column + cells_of(shown)
    out[#out + 1] = shown
  end
  return table.concat(out)
end

--- The words of a line, each with the white space (and other characters of 'breakat') after it.
---@param line string
---@param measure ownhand.Measure
---@return string[]
local function chunks_of(line, measure)
  if not measure.linebreak then
    return text.characters(line)
  end
  local chunks, current, open = {}, {}, true
  for _, character in ipairs(text.characters(line)) do
    local breaks = measure.breakat:find(character, 1, true) ~= nil
    if not open and not breaks then
      chunks[#chunks + 1], current = table.concat(current), {}
    end
    open = not breaks
    current[#current + 1] = character
  end
  chunks[#chunks + 1] = table.concat(current)
  return chunks
end

---@class ownhand.Rows
---@field rows string[]
---@field used integer[] cells used in each row, those of `first` and `hang` included

--- Break one line (no newline in it) into rows.
---@param line string
---@param measure ownhand.Measure
---@return ownhand.Rows
function M.rows(line, measure)
  local rows, used = { "" }, { measure.first }
  local function begin_row()
    rows[#rows + 1], used[#used + 1] = "", measure.hang
  end
  local function put(character, cells)
    if used[#used] + cells > measure.width and used[#used] > measure.hang then
      begin_row()
    end
    rows[#rows] = rows[#rows] .. character
    used[#used] = used[#used] + cells
  end
  for index, chunk in ipairs(chunks_of(line, measure)) do
    local fresh = used[#used] <= (#rows == 1 and 0 or measure.hang) or (index == 1 and measure.glued)
    -- Neovim counts the white space after a word, too: a word whose space doesn't fit goes to the next row.
    if measure.linebreak and used[#used] + cells_of(chunk) > measure.width and not fresh then
      begin_row()
    end
    for _, character in ipairs(text.characters(chunk)) do
      put(character, cells_of(character))
    end
  end
  return { rows = rows, used = used }
end

--- One string that Neovim breaks at the computed places: short rows are filled up with spaces.
---@param broken ownhand.Rows
---@param width integer
---@return string
function M.filled(broken, width)
  local out = {}
  for index, row in ipairs(broken.rows) do
    local missing = index < #broken.rows and width - broken.used[index] or 0
    out[index] = row .. (" "):rep(math.max(0, missing))
  end
  return table.concat(out)
end

return M
