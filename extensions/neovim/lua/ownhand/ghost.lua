--- Drawing ghost text at the cursor: one implementation for every supported Neovim.
---
--- The suggestion's first line is inline virtual text, broken into rows exactly as the accepted text will be; further
--- lines are virtual lines below. Where 'wrap' is off, what doesn't fit on the row goes into virtual lines, too.
local wrap = require("ownhand.wrap")

local M = {}

local namespace = vim.api.nvim_create_namespace("ownhand.ghost")
local MARK = 1

---@type integer? buffer that shows ghost text now
local shown_in
---@type fun()? to be called when the ghost text has reached the screen
local waiting

local GREY = 0x767676 -- As far from white as from black.

--- Does one half of a highlight (of the GUI's colours, or the terminal's) differ from the writer's text?
---@param half { colour?: integer, ground?: integer, attributes: table }
---@param normal? integer colour of the writer's text
---@param colours integer how many there are
---@return boolean
local function stands_out(half, normal, colours)
  local coloured = half.colour and half.colour < colours and half.colour ~= normal
  return coloured or half.ground ~= nil or next(half.attributes) ~= nil
end

--- What a terminal of so many colours can draw paler, or at least otherwise.
---@param colours integer
---@return vim.api.keyset.highlight
local function terminal_grey(colours)
  if colours >= 256 then
    return { ctermfg = 243 } -- The same grey, whatever the palette's first sixteen are.
  elseif colours >= 16 then
    return { ctermfg = 8 }
  end
  -- Neovim sends colour 8 as a sequence that a terminal of eight passes over.
  return { cterm = { underline = true } }
end

---@param highlight vim.api.keyset.get_hl_info
---@return table
local function attributes_of(highlight)
  local attributes = {}
  for _, name in ipairs({ "bold", "italic", "underline", "undercurl", "reverse", "standout" }) do
    attributes[name] = highlight[name] or nil
  end
  return attributes
end

--- Define the highlight groups, again after each change of what they rest on.
---
--- OwnhandSuggestion is the writer's, or the colour scheme's, to define; else it is OwnhandPale: the pale group that
--- the scheme has, mended where that looks like the writer's text. Neovim's own scheme, for one, gives it no colour
--- for terminals without 'termguicolors'.
function M.define_highlight()
  local base = vim.fn.hlexists("ComplHint") == 1 and "ComplHint" or "NonText"
  local pale = vim.api.nvim_get_hl(0, { name = base, link = false })
  local normal = vim.api.nvim_get_hl(0, { name = "Normal", link = false })
  local colours = tonumber(vim.fn.eval("&t_Co")) or 0
  local gui = { colour = pale.fg, ground = pale.bg, attributes = attributes_of(pale) }
  local terminal = { colour = pale.ctermfg, ground = pale.ctermbg, attributes = pale.cterm or {} }
  local how = vim.tbl_extend("force", attributes_of(pale), {
    fg = stands_out(gui, normal.fg, math.huge) and pale.fg or GREY,
    bg = pale.bg,
  })
  if stands_out(terminal, normal.ctermfg, colours) then
    how.ctermfg, how.ctermbg, how.cterm = pale.ctermfg, pale.ctermbg, pale.cterm or {}
  else
    -- Without a `cterm` of its own a group has the GUI's attributes there, too.
    how = vim.tbl_extend("force", how, { cterm = {} }, terminal_grey(colours))
  end
  vim.api.nvim_set_hl(0, "OwnhandPale", how)
  vim.api.nvim_set_hl(0, "OwnhandSuggestion", { link = "OwnhandPale", default = true })
end

--- Call back, once, when the ghost text that is set now has reached the screen; not when it was taken away before. It
--- is called while the screen is being drawn, and must leave the editor alone.
---@param action fun()
function M.when_drawn(action)
  waiting = action
end

--- Is the ghost text in sight, in a window that shows these rows of this buffer?
---@param buffer integer
---@param first integer 0-based
---@param last integer
---@return boolean
local function is_among(buffer, first, last)
  local place = buffer == shown_in and vim.api.nvim_buf_get_extmark_by_id(buffer, namespace, MARK, {}) or {}
  return place[1] ~= nil and first <= place[1] and place[1] <= last
end

local is_drawing = false

--- Neovim has no event for what it has drawn, but it asks those who decorate the text.
vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace("ownhand.drawn"), {
  on_start = function()
    is_drawing = false
    return waiting ~= nil
  end,
  on_win = function(_, _, buffer, first, last)
    is_drawing = is_drawing or is_among(buffer, first, last)
    return false
  end,
  on_end = function()
    local action = waiting
    if is_drawing and action then
      waiting = nil
      action()
    end
  end,
})

--- Take the ghost text away.
function M.clear()
  waiting = nil
  if shown_in and vim.api.nvim_buf_is_valid(shown_in) then
    vim.api.nvim_buf_clear_namespace(shown_in, namespace, 0, -1)
  end
  shown_in = nil
end

---@return boolean
function M.is_shown()
  return shown_in ~= nil
end

--- Cells that Neovim puts before each continuation row of a line.
---@param window integer
---@param line string
---@param width integer
---@return integer
local function hang_of(window, line, width)
  local options = vim.wo[window]
  local showbreak = options.showbreak == "NONE" and "" or options.showbreak
  local mark = vim.api.nvim_strwidth(showbreak)
  if not options.breakindent then
    return mark
  end
  local settings = options.breakindentopt
  local indent = vim.fn.strdisplaywidth(line:match("^%s*"))
  indent = indent + (tonumber(settings:match("shift:(-?%d+)")) or 0)
  if settings:find("sbr", 1, true) then
    indent = indent - mark
  end
  local least = tonumber(settings:match("min:(%d+)")) or 20
  return math.max(0, math.min(indent, width - least)) + mark
end

---@param window integer
---@return integer
local function text_width(window)
  local info = vim.fn.getwininfo(window)[1]
  return math.max(1, info.width - info.textoff)
end

---@param window integer
---@param width integer
---@param first integer
---@param hang integer
---@return ownhand.Measure
local function measure_of(window, width, first, hang)
  return { width = width, first = first, hang = hang, linebreak = vim.wo[window].linebreak, breakat = vim.o.breakat }
end

---@param head string the line up to the cursor
---@return boolean
local function ends_in_break(head)
  return head == "" or vim.o.breakat:find(head:sub(-1), 1, true) ~= nil
end

--- Rows of a line that starts in its own virtual line.
---@param window integer
---@param line string
---@param width integer
---@return string[]
local function rows_below(window, line, width)
  line = wrap.expand_tabs(line, 0, vim.bo[vim.api.nvim_win_get_buf(window)].tabstop)
  local hang = vim.wo[window].wrap and hang_of(window, line, width) or 0
  local rows = wrap.rows(line, measure_of(window, width, 0, hang)).rows
  for index = 2, #rows do
    rows[index] = (" "):rep(hang) .. rows[index]
  end
  return rows
end

--- The inline part of the suggestion's first line, and the rows that have to go below.
---@param window integer
---@param first string the suggestion's first line
---@param line string the document's line
---@param width integer
---@return string inline
---@return string[] below
local function lay_out_first(window, first, line, width)
  local column = vim.fn.virtcol(".", 1)[1] - 1
  first = wrap.expand_tabs(first, column, vim.bo.tabstop)
  if vim.wo[window].wrap then
    local taken = (column > 0 and column % width == 0) and width or column % width
    local measure = measure_of(window, width, taken, hang_of(window, line, width))
    measure.glued = not ends_in_break(line:sub(1, vim.api.nvim_win_get_cursor(window)[2]))
    return wrap.filled(wrap.rows(first, measure), width), {}
  end
  local measure = measure_of(window, width, math.min(width, column - vim.fn.winsaveview().leftcol), 0)
  measure.linebreak = true
  local rows = wrap.rows(first, measure).rows
  return rows[1], vim.list_slice(rows, 2)
end

--- Scroll so far that the virtual lines below the cursor's line can be seen.
---@param window integer
---@param row integer 0-based row of the cursor
---@param below integer virtual lines below it
local function make_room(window, row, below)
  local top = vim.fn.line("w0", window) - 1
  local room = vim.api.nvim_win_get_height(window)
  local function height(first)
    return vim.api.nvim_win_text_height(window, { start_row = first, end_row = row }).all + below
  end
  local new_top = top
  while new_top < row and height(new_top) > room do
    new_top = new_top + 1
  end
  if new_top > top then
    vim.fn.winrestview({ topline = new_top + 1, skipcol = 0 })
  end
end

--- Show `text` at the cursor of the current window, in place of what is shown already.
---@param text string not empty; may hold newlines
function M.draw(text)
  M.clear()
  local window, buffer = vim.api.nvim_get_current_win(), vim.api.nvim_get_current_buf()
  local row, column = unpack(vim.api.nvim_win_get_cursor(window))
  local width = text_width(window)
  local lines = vim.split(text, "\n", { plain = true })
  local inline, below = lay_out_first(window, lines[1], vim.api.nvim_get_current_line(), width)
  for index = 2, #lines do
    vim.list_extend(below, rows_below(window, lines[index], width))
  end
  local virtual_lines = vim.tbl_map(function(shown)
    return { { shown, "OwnhandSuggestion" } }
  end, below)
  vim.api.nvim_buf_set_extmark(buffer, namespace, row - 1, column, {
    id = MARK,
    virt_text = inline ~= "" and { { inline, "OwnhandSuggestion" } } or nil,
    virt_text_pos = "inline",
    virt_lines = #virtual_lines > 0 and virtual_lines or nil,
    hl_mode = "combine",
  })
  shown_in = buffer
  make_room(window, row - 1, #virtual_lines)
end

return M
