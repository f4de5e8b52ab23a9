-- Edits a copy of router.rpol in the current folder with `rpol lsp` at work, as a person would.
-- Written for Neovim 0.7, the oldest we support.
local failures = 0

local function check(what, ok, got)
	if not ok then
		failures = failures + 1
		print("FAIL: " .. what .. (got ~= nil and ": " .. vim.inspect(got) or "") .. "\n")
	end
end

local function wait(what, condition)
	check(what, vim.wait(10000, condition, 20))
end

-- Puts the cursor on the first `word` in the first line that has `line`.
local function go(line, word)
	for number, text in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
		local at = text:find(line, 1, true)
		if at then
			local column = text:find(word, at, true)
			vim.api.nvim_win_set_cursor(0, { number, column - 1 })
			return number - 1
		end
	end
	error("no line has " .. line)
end

local function line_of(text)
	return vim.fn.search("\\V" .. text, "nw") - 1
end

local function change(from, to)
	local number = go(from, from)
	local text = vim.api.nvim_buf_get_lines(0, number, number + 1, true)[1]
	local first, last = text:find(from, 1, true)
	vim.api.nvim_buf_set_lines(0, number, number + 1, true,
		{ text:sub(1, first - 1) .. to .. text:sub(last + 1) })
end

local function diagnostics()
	return vim.diagnostic.get(0)
end

local function complete(line, word)
	go(line, word)
	local cursor = vim.api.nvim_win_get_cursor(0)
	vim.api.nvim_win_set_cursor(0, { cursor[1], cursor[2] + #word })
	-- A window in normal mode stops at the last character.
	local params = vim.lsp.util.make_position_params()
	params.position.character = cursor[2] + #word
	local answers = vim.lsp.buf_request_sync(0, "textDocument/completion", params, 10000)
	local words = {}
	for _, answer in pairs(answers or {}) do
		for _, item in ipairs(vim.lsp.util.extract_completion_items(answer.result)) do
			words[item.label] = item
		end
	end
	return words
end

local function float_text()
	for _, window in ipairs(vim.api.nvim_list_wins()) do
		if vim.api.nvim_win_get_config(window).relative ~= "" then
			local buffer = vim.api.nvim_win_get_buf(window)
			return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), "\n")
		end
	end
end

local function hover(what, line, word, ...)
	go(line, word)
	vim.lsp.buf.hover()
	wait(what .. " shows something", function() return float_text() end)
	local text = float_text() or ""
	for _, part in ipairs({ ... }) do
		check(what .. " says " .. part, text:find(part, 1, true), text)
	end
	for _, window in ipairs(vim.api.nvim_list_wins()) do
		if vim.api.nvim_win_get_config(window).relative ~= "" then
			vim.api.nvim_win_close(window, true)
		end
	end
end

local function run()
	vim.o.hidden = true
	vim.cmd("edit router.rpol")
	local id = vim.lsp.start_client({
		name = "rpol",
		cmd = { vim.env.RPOL, "lsp" },
		root_dir = vim.fn.getcwd(),
		get_language_id = function() return "rpol" end,
	})
	vim.lsp.buf_attach_client(0, id)
	wait("the server starts", function() return vim.lsp.buf_is_attached(0, id) end)

	-- diagnostics come and go with the text
	change("src in guests and mail", "src in gusts and mail")
	wait("a mistake is shown", function() return #diagnostics() == 1 end)
	local d = diagnostics()[1] or {}
	check("its place", d.lnum == line_of("no_spam:") and d.col == 20, d)
	check("its end", d.end_col == 25, d)
	check("its code", d.code == "E0201", d)
	check("its help", d.message and d.message:find("did you mean `guests`?", 1, true), d)
	check("its severity", d.severity == vim.diagnostic.severity.ERROR, d)
	change("src in gusts and mail", "src in guests and mail")
	wait("a mistake goes", function() return #diagnostics() == 0 end)

	-- columns are right behind characters that UTF-16 counts twice
	change("# the kernel answers", "# 𝕜ernel")
	change("=> pass;  # 𝕜ernel", "=> psas; # 𝕜ernel")
	change("=> psas; # 𝕜ernel", "=> pass; # 𝕜ernel")
	wait("still right", function() return #diagnostics() == 0 end)

	hover("hover of a set", "spoofed:", "bogons", "set `bogons`", "used 2 times",
		'set bogons : prefix from file "bogons.txt";', "as code")
	hover("hover of a field", "telnet:", "tcp.dport", "field `tcp.dport`", "TCP destination port",
		"0..65535")
	hover("hover of a verdict", "guests6:", "route", "verdict `route`", "next hop or a group")
	hover("hover of a word", "voice:", "ef", "46")

	-- definition and references
	go("spoofed:", "bogons")
	vim.lsp.buf.definition()
	local wanted = line_of("set bogons") + 1
	wait("definition goes there", function()
		return vim.api.nvim_win_get_cursor(0)[1] == wanted
	end)
	vim.lsp.buf.references()
	wait("references are listed", function() return #vim.fn.getqflist() == 3 end)
	vim.cmd("cclose")

	-- rename: refused where it would change what the policy means
	go("set bogons", "bogons")
	vim.lsp.buf.rename("guests")
	vim.wait(500)
	check("a name that is taken is refused", line_of("set bogons") >= 0)
	vim.lsp.buf.rename("martians")
	wait("rename changes the declaration", function() return line_of("set martians :") >= 0 end)
	check("and the uses", line_of("src in martians and not src in 10") >= 0 and
		line_of("bogon:    src in martians") >= 0)
	check("and no other word", line_of('from file "bogons.txt"') >= 0)
	check("no trace is left", line_of("in bogons") < 0)

	-- completion
	change("=> route b6;", "=> route  # being written")
	local words = complete("guests6:", "route ")
	check("next hops and groups after route", words.b6 and words.both and not words.martians, words)
	words = complete("guests6:", "=> ")
	check("verdicts and actions after an arrow", words.drop and words.route and
		words.set and words["vlan push"] and not words.b6, words)
	words = complete("guests6:", "guests6: ")
	check("fields and conds after a colon", words["tcp.dport"] and words.mail and words["not"],
		words)
	check("and nothing else", not words.drop and not words.both, words)
	words = complete("voice:", "dscp == ")
	check("words of the field's type", words.ef and not words.tcp, words)
	words = complete("guests6:", "src in ")
	check("sets after in", words.martians and words.RESOLVERS and not words.both, words)
	change("=> route  # being written", "=> set  # being written")
	words = complete("guests6:", "set ")
	check("fields that can be set after set", words.ttl and words["eth.src"] and
		not words.proto and not words.drop, words)
	change("=> set  # being written", "=> route b6;")
	wait("still right at the end", function() return #diagnostics() == 0 end)

	-- formatting
	change("telnet:   tcp.dport == 23 and", "telnet: tcp.dport==23   and")
	vim.lsp.buf.formatting_sync({}, 10000)
	check("formatting puts it back", line_of("    telnet:   tcp.dport == 23 and tcp.flags") >= 0)

	vim.lsp.stop_client(id)
	wait("the server ends", function() return not vim.lsp.get_client_by_id(id) end)
end

local ok, message = xpcall(run, debug.traceback)
check("no Lua error", ok, message)
print(failures == 0 and "ok" or failures .. " failed")
vim.cmd(failures == 0 and "qall!" or "cquit!")
