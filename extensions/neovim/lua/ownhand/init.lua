--- Ownhand: suggestions in the writer's own hand. The door of the plug-in; see |ownhand|.
local M = {}

local GROUP = "ownhand"
local registered = false

local function define_events()
  local session, ghost = require("ownhand.session"), require("ownhand.ghost")
  local lsp, client, whose = require("ownhand.lsp"), require("ownhand.client"), require("ownhand.whose")
  local group = vim.api.nvim_create_augroup(GROUP, {})
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, callback = callback })
  end
  local function if_served(action)
    return function(event)
      if lsp.client_of(event.buf) then
        action()
      end
    end
  end
  on({ "TextChangedI", "CursorMovedI" }, if_served(session.refresh))
  -- Insert mode begins only after this event.
  on("InsertEnter", if_served(vim.schedule_wrap(session.refresh)))
  on({ "TextChangedP", "CompleteChanged" }, if_served(session.hide))
  on("CompleteDone", if_served(vim.schedule_wrap(session.refresh)))
  on({ "InsertLeave", "BufLeave", "WinLeave" }, session.leave)
  on({ "VimResized", "WinResized" }, session.redraw)
  on({ "TextChanged", "TextChangedI", "TextChangedP" }, function(event)
    whose.changed(event.buf)
  end)
  on("BufEnter", function(event)
    whose.entered(event.buf)
  end)
  on("ColorScheme", whose.define_highlight)
  on({ "ColorScheme", "UIEnter" }, ghost.define_highlight)
  vim.api.nvim_create_autocmd("OptionSet", {
    group = group,
    pattern = "background",
    callback = ghost.define_highlight,
  })
  on("DirChanged", function(event)
    if event.match ~= "auto" then
      client.folder_changed()
    end
  end)
  on("LspAttach", function(event)
    local attached = vim.lsp.get_client_by_id(event.data.client_id)
    if attached and attached.name == lsp.NAME then
      client.attached(event.buf, attached)
      whose.entered(event.buf)
    end
  end)
  ghost.define_highlight()
  whose.define_highlight()
  return group
end

---@param action fun()
local function once_entered(action)
  if vim.v.vim_did_enter == 1 then
    return action()
  end
  vim.api.nvim_create_autocmd("VimEnter", { once = true, callback = action })
end

--- Define commands, maps and events. Runs by itself at start-up; more calls do nothing.
function M.register()
  if registered then
    return
  end
  registered = true
  if vim.fn.has("nvim-0.10") == 0 then
    vim.notify("Ownhand needs Neovim 0.10 or newer.", vim.log.levels.WARN)
    return
  end
  require("ownhand.keys").define_plugs()
  local group = define_events()
  vim.api.nvim_create_user_command("Ownhand", function(invocation)
    require("ownhand.command").run(invocation)
  end, {
    nargs = "*",
    complete = function(lead, line)
      return require("ownhand.command").complete(lead, line)
    end,
    desc = "Ownhand: see :help :Ownhand",
  })
  -- Later than the writer's own configuration, so that setup() and key maps are known.
  once_entered(function()
    require("ownhand.keys").set()
    if require("ownhand.config").current.autostart then
      require("ownhand.client").start_automatically(group)
    end
  end)
end

--- Set options. Not needed where the defaults do.
---@param options? ownhand.Options
function M.setup(options)
  for _, complaint in ipairs(require("ownhand.config").set(options)) do
    require("ownhand.messages").say(complaint, vim.log.levels.WARN)
  end
  if not registered then
    vim.g.loaded_ownhand = true
    M.register()
    return
  end
  if vim.v.vim_did_enter == 1 then
    require("ownhand.keys").set()
    require("ownhand.client").push_settings()
  end
end

--- A few words for the status line, "" where Ownhand has no business.
---@return string
function M.statusline()
  return require("ownhand.status").line(vim.api.nvim_win_get_buf(vim.g.statusline_winid or 0))
end

--- Is a suggestion shown now?
---@return boolean
function M.is_visible()
  return require("ownhand.session").is_visible()
end

for _, name in ipairs({ "accept", "accept_word", "accept_line", "dismiss", "reject", "ask" }) do
  M[name] = function(...)
    return require("ownhand.session")[name](...)
  end
end

return M
