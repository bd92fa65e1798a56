--- The <Plug> maps, and the suggested keys that stay what they were while no suggestion is shown.
local config = require("ownhand.config")
local session = require("ownhand.session")
local status = require("ownhand.status")

local M = {}

---@class ownhand.KeyAction
---@field run fun()
---@field usable? fun(): boolean when it is false, the key does what it did before
---@field help string

---@type table<string, ownhand.KeyAction>
local actions = {
  accept = {
    run = session.accept,
    usable = function()
      return session.is_visible() and not status.in_verse()
    end,
    help = "Ownhand: accept the suggestion (in verse this key indents)",
  },
  accept_anywhere = {
    run = session.accept,
    usable = session.is_visible,
    help = "Ownhand: accept the suggestion, in verse too",
  },
  accept_word = { run = session.accept_word, usable = session.is_visible, help = "Ownhand: accept a word" },
  accept_line = { run = session.accept_line, usable = session.is_visible, help = "Ownhand: accept a line" },
  dismiss = { run = session.dismiss, usable = session.is_visible, help = "Ownhand: put the suggestion away" },
  reject = { run = session.reject, usable = session.is_visible, help = "Ownhand: not mine" },
  ask = { run = session.ask, help = "Ownhand: suggest now" },
}

---@param name string
---@return string
local function plug(name)
  return ("<Plug>(ownhand-%s)"):format((name:gsub("_", "-")))
end

--- Define the <Plug> maps. <Plug>(ownhand-accept) accepts everywhere: only the suggested key knows about verse.
function M.define_plugs()
  for name, action in pairs(actions) do
    vim.keymap.set("i", plug(name), function()
      action.run()
    end, { desc = action.help })
  end
  vim.keymap.set("n", "<Plug>(ownhand-reject)", function()
    session.reject()
  end, { desc = "Ownhand: the last suggestion was not mine" })
end

--- Would Neovim leave Insert mode at this key, as it takes <M-x> without a map for <Esc>x, or write it into the text
--- as a control character? A key pressed once too often must do neither.
---@param key string
---@return boolean
local function does_harm(key)
  key = key:lower()
  return key:find("[<-][matd]%-.+>$") ~= nil or key:find("^<c%-[bflsz]>$") ~= nil or key:find("f%d+>$") ~= nil
end

---@type table<string, true> actions whose key had a map before
local had_map = {}

--- Keep what a key did before under a name of its own.
---@param name string of the action
---@param key string
---@param fallback string
local function keep_former(name, key, fallback)
  local former = vim.fn.maparg(key, "i", false, true)
  if vim.tbl_isempty(former) or former.buffer == 1 then
    local harmful = does_harm(key)
    vim.keymap.set("i", fallback, function()
      -- While a word is being completed, <C-l> takes one more of its characters.
      local completing = vim.fn.complete_info({ "mode" }).mode ~= ""
      return harmful and not completing and "" or key
    end, { expr = true })
    return
  end
  former.lhs, former.lhsraw, former.lhsrawalt = fallback, vim.keycode(fallback), nil
  vim.fn.mapset("i", false, former)
  had_map[name] = true
end

---@type table<string, string> key by action
local mapped = {}

--- Take away the keys that were set before, bringing back what they did.
local function unmap()
  for name, key in pairs(mapped) do
    local former = vim.fn.maparg(plug("else_" .. name), "i", false, true)
    pcall(vim.keymap.del, "i", key)
    if had_map[name] then
      former.lhs, former.lhsraw, former.lhsrawalt = key, vim.keycode(key), nil
      vim.fn.mapset("i", false, former)
    end
  end
  mapped, had_map = {}, {}
end

---@param name string
---@param key string
local function map(name, key)
  local action, fallback = actions[name], plug("else_" .. name)
  if not action.usable then
    if vim.fn.maparg(key, "i") == "" then
      vim.keymap.set("i", key, plug(name), { remap = true, desc = action.help })
      mapped[name] = key
    end
    return
  end
  keep_former(name, key, fallback)
  vim.keymap.set("i", key, function()
    return action.usable() and plug(name) or fallback
  end, { expr = true, remap = true, desc = action.help })
  mapped[name] = key
end

--- Set the keys of the options.
function M.set()
  unmap()
  for name, key in vim.spairs(config.current.keys or {}) do
    if key and key ~= "" then
      map(name, key)
    end
  end
end

--- The keys that are set, for |:checkhealth|.
---@return table<string, string>
function M.mapped()
  return mapped
end

--- What a key does, in words.
---@param name string of the action
---@return string
function M.help(name)
  return (actions[name].help:gsub("^Ownhand: ", ""))
end

return M
