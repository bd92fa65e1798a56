--- Figures and texts in words, for the pages that are read.
local M = {}

---@param value any
---@return boolean
function M.is_given(value)
  return type(value) == "string" and value ~= ""
end

---@param count integer
---@return string with commas between thousands
function M.number(count)
  local digits = ("%d"):format(math.abs(count)):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (count < 0 and "-" or "") .. (digits:gsub("^,", ""))
end

--- "1 piece", "1,204 pieces"
---@param count integer
---@param noun string one of them
---@return string
function M.counted(count, noun)
  return M.number(count) .. " " .. noun .. (count == 1 and "" or "s")
end

---@param share number between 0 and 1
---@return string
function M.percent(share)
  local hundredths = share * 100
  if hundredths > 0 and hundredths < 1 then
    return "under 1%"
  end
  return ("%d%%"):format(math.floor(hundredths + 0.5))
end

--- Cut to a width, and filled up to it.
---@param text string
---@param width integer cells
---@return string
function M.padded(text, width)
  if vim.api.nvim_strwidth(text) > width then
    local whole = text
    local taken = width
    repeat
      taken = taken - 1
      text = vim.fn.strcharpart(whole, 0, taken) .. "…"
    until vim.api.nvim_strwidth(text) <= width
  end
  return text .. (" "):rep(width - vim.api.nvim_strwidth(text))
end

--- The first words of a text on one line.
---@param text string
---@param width integer cells
---@return string
function M.beginning(text, width)
  return vim.trim(M.padded(vim.trim(text):gsub("%s+", " "), width))
end

--- The last words of a text on one line.
---@param text string
---@param width integer characters
---@return string
function M.ending(text, width)
  text = text:gsub("%s+", " ")
  local characters = vim.fn.strchars(text)
  local from = math.max(0, characters - width)
  if from == 0 then
    return text
  end
  return "…" .. vim.fn.strcharpart(text, from):gsub("^%S*%s", "")
end

return M
