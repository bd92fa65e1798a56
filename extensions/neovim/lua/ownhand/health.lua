--- `:checkhealth ownhand`
local M = {}

local health = vim.health

local function check_neovim()
  if vim.fn.has("nvim-0.10") == 1 then
    health.ok(("Neovim %s"):format(tostring(vim.version())))
  else
    health.error("Neovim is too old", "Ownhand needs Neovim 0.10 or newer.")
  end
end

local function check_program()
  local command = require("ownhand.client").command()
  if not command then
    health.error("The program `ownhand` was not found", {
      "Install it as |ownhand-install| says.",
      'Or name it: require("ownhand").setup({ cmd = { "/path/to/ownhand", "serve" } })',
    })
  elseif vim.fn.executable(command[1]) == 0 then
    health.error(("%s can't be run"):format(command[1]), "Mend `cmd` in your setup().")
  else
    health.ok(("Server: %s"):format(table.concat(command, " ")))
  end
end

local GESTURES = { "ownhand.accept", "ownhand.dismiss", "ownhand.reject", "ownhand.verdicts", "ownhand.provenance" }

--- A server that is older than the plug-in may not know what its keys tell it.
---@param clients vim.lsp.Client[]
local function check_gestures(clients)
  for _, client in ipairs(clients) do
    local known = require("ownhand.lsp").commands(client)
    local missing = vim.tbl_filter(function(command)
      return not vim.tbl_contains(known, command)
    end, GESTURES)
    if #missing > 0 then
      health.warn("The server doesn't know " .. table.concat(missing, ", "), "Update the program `ownhand`.")
      return
    end
  end
  if #clients > 0 then
    health.ok("The server notes what becomes of suggestions, where you let it learn.")
  end
end

local function check_clients()
  local clients = require("ownhand.lsp").clients()
  if #clients == 0 then
    health.info("No server runs: it starts with the first text file (see |ownhand-filetypes|).")
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    local folder = client.root_dir or client.config.root_dir
    health.ok(("A server runs for %d buffer(s), folder: %s"):format(buffers, folder or "none (loose texts)"))
  end
  check_gestures(clients)
  local trouble = require("ownhand.status").trouble
  if trouble then
    health.warn(trouble)
  end
end

local function check_keys()
  local set = require("ownhand.keys")
  local keys = set.mapped()
  for name, key in vim.spairs(keys) do
    local here = vim.fn.maparg(key, "i", false, true)
    if here.buffer == 1 then
      health.warn(
        ("%s (%s) is taken by another plug-in in this buffer"):format(key, set.help(name)),
        ("Call <Plug>(ownhand-%s) from that mapping, see |ownhand-keys|."):format((name:gsub("_", "-")))
      )
    else
      health.ok(("%s: %s"):format(key, set.help(name)))
    end
  end
  if vim.tbl_isempty(keys) then
    health.info("No keys are set; see |ownhand-keys|.")
  end
end

local others = { "copilot", "supermaven-nvim", "codeium", "tabnine", "minuet", "windsurf" }

--- Clients whose ghost text Neovim 0.12 draws itself in some buffer of ours.
---@return string[]
local function drawn_by_neovim()
  local names = {}
  local inline_completion = vim.lsp.inline_completion
  for _, ours in ipairs(inline_completion and require("ownhand.lsp").clients() or {}) do
    for buffer in pairs(ours.attached_buffers) do
      for _, client in ipairs(vim.lsp.get_clients({ bufnr = buffer, method = "textDocument/inlineCompletion" })) do
        if client.id ~= ours.id and inline_completion.is_enabled({ client_id = client.id, bufnr = buffer }) then
          names[client.name] = true
        end
      end
    end
  end
  return vim.tbl_keys(names)
end

local function check_others()
  local found = vim.tbl_filter(function(name)
    return package.loaded[name] ~= nil
  end, others)
  if vim.g.loaded_copilot == 1 then
    found[#found + 1] = "copilot.vim"
  end
  vim.list_extend(found, drawn_by_neovim())
  if #found > 0 then
    health.warn(
      "Other plug-ins draw ghost text, too: " .. table.concat(found, ", "),
      "Switch them off for text files, or two suggestions stand at one place."
    )
  else
    health.ok("No other plug-in draws ghost text.")
  end
end

function M.check()
  health.start("Ownhand")
  check_neovim()
  check_program()
  check_clients()
  health.start("Keys")
  check_keys()
  health.start("Neighbours")
  check_others()
end

return M
