--- A line or two that can be read while the writer types.
---
--- In Insert mode Neovim writes "-- INSERT --" (|'showmode'|) over whatever was echoed, at once. A small window at the
--- edge of the screen that is farther from the cursor stays, takes no key, and goes by itself.
local M = {}

local SECONDS_MS = 8000

---@type integer?
local window
---@type uv.uv_timer_t?
local timer
local shown = 0

--- Take the notice away.
---@param number? integer only if this one is still shown
function M.hide(number)
  if number and number ~= shown then
    return
  end
  if timer then
    timer:stop()
  end
  if window and vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_win_close(window, true)
  end
  window = nil
end

---@param rows integer
---@return integer row of the window's upper edge
local function row_for(rows)
  local low = vim.o.lines - vim.o.cmdheight - (vim.o.laststatus > 0 and 1 or 0) - rows
  return vim.fn.screenrow() > vim.o.lines / 2 and 0 or math.max(0, low)
end

---@param text string
---@return integer number names this notice for |M.hide()|
function M.show(text)
  M.hide()
  local width = math.min(vim.api.nvim_strwidth(text) + 2, vim.o.columns)
  local rows = math.min(4, math.ceil(vim.api.nvim_strwidth(text) * 1.15 / math.max(1, width - 2)))
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = "wipe"
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { " " .. text })
  rows = width < vim.o.columns and 1 or rows
  window = vim.api.nvim_open_win(buffer, false, {
    relative = "editor",
    row = row_for(rows),
    col = 0,
    width = width,
    height = rows,
    style = "minimal",
    focusable = false,
    noautocmd = true,
    zindex = 200,
  })
  vim.wo[window].wrap, vim.wo[window].linebreak, vim.wo[window].breakindent = true, true, true
  shown = shown + 1
  local number = shown
  timer = timer or assert(vim.uv.new_timer())
  timer:start(SECONDS_MS, 0, vim.schedule_wrap(function()
    M.hide(number)
  end))
  return number
end

return M
