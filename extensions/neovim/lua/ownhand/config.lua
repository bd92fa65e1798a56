--- The plug-in's own options. The settings of Ownhand itself (`ownhand.*`) are declared by the server and listed in
--- |ownhand-settings|; they travel in `settings` as they are.
local M = {}

---@class ownhand.Keys
---@field accept? string Take the whole suggestion in prose; in verse and in the indentation this key stays itself
---@field accept_anywhere? string Take the whole suggestion, in verse too
---@field accept_word? string
---@field accept_line? string
---@field dismiss? string Put the suggestion away
---@field reject? string "Not mine": put it away and remember that it was not in the writer's hand
---@field ask? string Ask for a suggestion now

---@class ownhand.Options
---@field autostart? boolean Start by itself in files of `filetypes`
---@field cmd? string[] How the server is started; empty: found by itself
---@field filetypes? string[]
---@field nameless? boolean Also in a nameless buffer without file type
---@field root_dir? string|fun(buffer: integer): string? The manuscript folder; empty: found by itself
---@field keys? ownhand.Keys|false false: no keys at all; a single key may be false, too
---@field settings? table<string, any> Settings of Ownhand, without the leading "ownhand."

---@class ownhand.Config
local defaults = {
  autostart = true,
  cmd = {}, ---@type string[]
  filetypes = { "markdown", "text", "fountain", "org", "tex", "plaintex", "pandoc", "quarto", "rmd", "vimwiki" },
  nameless = true,
  root_dir = nil, ---@type nil|string|fun(buffer: integer): string?
  keys = {
    accept = "<Tab>",
    accept_anywhere = "<C-l>",
    accept_word = "<M-Right>",
    accept_line = "<M-Down>",
    dismiss = "<C-]>",
    reject = "<M-n>",
    ask = "<C-Space>",
  }, ---@type ownhand.Keys|false
  settings = {}, ---@type table<string, any>
}

---@type ownhand.Config
M.current = vim.deepcopy(defaults)

---@type table<string, string[]>
local kinds = {
  autostart = { "boolean" },
  cmd = { "table" },
  filetypes = { "table" },
  nameless = { "boolean" },
  root_dir = { "string", "function" },
  keys = { "table", "boolean" },
  settings = { "table" },
}

--- Take the writer's options. A bad one keeps its default.
---@param options? ownhand.Options
---@return string[] complaints one sentence per bad option
function M.set(options)
  local config, complaints = vim.deepcopy(defaults), {}
  for name, value in pairs(options or {}) do
    local allowed = kinds[name]
    if not allowed then
      complaints[#complaints + 1] = ("setup() knows no option %q; settings of Ownhand go into `settings`"):format(name)
    elseif not vim.tbl_contains(allowed, type(value)) or (name == "keys" and value == true) then
      complaints[#complaints + 1] = ("the option %q must be a %s"):format(name, table.concat(allowed, " or a "))
    elseif name == "keys" and type(value) == "table" then
      vim.list_extend(complaints, M.unknown_keys(value))
      config.keys = vim.tbl_extend("force", config.keys, value)
    else
      config[name] = value
    end
  end
  M.current = config
  return complaints
end

---@param keys table<string, any>
---@return string[] complaints
function M.unknown_keys(keys)
  local complaints = {}
  for name in pairs(keys) do
    if defaults.keys[name] == nil then
      complaints[#complaints + 1] = ("`keys` has no %q"):format(name)
    end
  end
  return complaints
end

return M
