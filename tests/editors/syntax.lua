-- What each word of router.rpol is to Vim's syntax: its colours are right, and its file type.
local failures = 0

local function check(line, word, wanted)
	for number, text in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
		local at = text:find(line, 1, true)
		local column = at and text:find(word, at, true)
		if column then
			for place = column, column + #word - 1 do
				local got = vim.fn.synIDattr(vim.fn.synID(number, place, 1), "name")
				if got ~= wanted and word:sub(place - column + 1, place - column + 1) ~= " " then
					failures = failures + 1
					print(("FAIL: %s of %s is %s, not %s\n"):format(word, line, got, wanted))
					return
				end
			end
			return
		end
	end
	failures = failures + 1
	print(("FAIL: no line has %s with %s\n"):format(line, word))
end

vim.cmd("syntax on")
vim.cmd("edit router.rpol")
if vim.bo.filetype ~= "rpol" or vim.bo.commentstring ~= "# %s" then
	failures = failures + 1
	print("FAIL: the file type is " .. vim.bo.filetype .. "\n")
end
check("# router.rpol", "# router.rpol: a", "rpolComment")
check("interface lan", "interface", "rpolDeclaration")
check("interface lan", "lan", "")
check("const RESOLVERS", "192.0.2.0/28", "rpolAddress")
check("set bogons", "prefix", "rpolPlace")
check("set bogons", "from", "rpolKeyword")
check("set bogons", '"bogons.txt"', "rpolString")
check("set voice", "set", "rpolDeclaration")
check("set voice", "voice", "")
check("set voice", "5060", "rpolNumber")
check("set voice", "..", "rpolOperator")
check("set guests", "2001:db8:50::/48", "rpolAddress")
check("nexthop b6", "2001:db8:ffff::1", "rpolAddress")
check("nexthop a", "via", "rpolKeyword")
check("group both", "hash", "rpolKeyword")
check("table internal", "lpm", "rpolPlace")
check("table internal", "dst", "rpolField")
check("10.66.0.0/16 ", "10.66.0.0/16", "rpolAddress")
check("10.66.0.0/16 ", "drop", "rpolVerdict")
check("cond mail", "tcp.dport", "rpolField")
check("policy out", "policy", "rpolDeclaration")
check("policy out", "xdp", "rpolPlace")
check("default fib", "default", "rpolKeyword")
check("default fib", "fib", "rpolVerdict")
check("spoofed:", "spoofed", "rpolLabel")
check("spoofed:", "src", "rpolField")
check("spoofed:", "in", "rpolOperator")
check("spoofed:", "bogons", "")
check("spoofed:", "not", "rpolOperator")
check("spoofed:", "fe80::/10", "rpolAddress")
check("spoofed:", "=>", "rpolOperator")
check("expired:", "<=", "rpolOperator")
check("expired:", "# the kernel answers", "rpolComment")
check("voice:", "ef", "rpolConstant")
check("voice:", "route", "rpolVerdict")
check("policy back", "tc ingress", "rpolPlace")
check("telnet:", "syn", "rpolConstant")
check("odd_frag:", "fragment", "rpolField")
print(failures == 0 and "ok" or failures .. " failed")
vim.cmd(failures == 0 and "qall!" or "cquit!")
