" Vim syntax of rpol policies. Written by editors/generate.py: change that.
if exists('b:current_syntax')
  finish
endif
syntax case match

" What comes later wins where two begin together.
syntax match rpolPlace '\<\%(ingress\|egress\|prefix\|exact\|addr\|auto\|flow\|port\|lpm\|xdp\|tc\)\>'
syntax match rpolConstant '\<\%(neighbour_advertisement\|neighbour_solicitation\|router_advertisement\|router_solicitation\|parameter_problem\|timestamp_request\|timestamp_reply\|time_exceeded\|echo_request\|unreachable\|echo_reply\|redirect\|not_ect\|request\|too_big\|udplite\|icmp6\|reply\|af11\|af12\|af13\|af21\|af22\|af23\|af31\|af32\|af33\|af41\|af42\|af43\|dccp\|ect0\|ect1\|icmp\|igmp\|ipv4\|ipv6\|lldp\|mpls\|ospf\|sctp\|vrrp\|ack\|arp\|cs0\|cs1\|cs2\|cs3\|cs4\|cs5\|cs6\|cs7\|cwr\|ece\|esp\|fin\|fri\|gre\|mon\|pim\|psh\|rst\|sat\|sun\|syn\|tcp\|thu\|tue\|udp\|urg\|wed\|ah\|ce\|ef\|le\|va\)\>'
syntax match rpolKeyword '\<\%(fragments\|default\|dynamic\|prefer\|weight\|allow\|else\|file\|from\|hash\|dev\|via\|at\|on\)\>'
syntax match rpolDeclaration '\<\%(interface\|include\|nexthop\|policy\|chain\|const\|group\|table\|cond\|set\)\>'
syntax match rpolOperator '\<\%(and\|any\|has\|not\|in\|or\)\>'
syntax match rpolOperator '[<>=!]=\|=>\|\.\.\|[<>]'
syntax match rpolVerdict '\%(\%(=>\|,\|\<else\|\<default\)\s*\)\@<=\<\%(vlan push\|continue\|priority\|vlan pop\|bounce\|lookup\|count\|route\|drop\|jump\|mark\|pass\|send\|cpu\|fib\|set\)\>'
syntax match rpolField '\<\%(fragment\.later\|ip4\.options\|icmp6\.code\|icmp6\.type\|mpls\.label\|vlan\.inner\|gre\.proto\|icmp\.code\|icmp\.type\|malformed\|tcp\.dport\|tcp\.flags\|tcp\.sport\|udp\.dport\|udp\.sport\|vxlan\.vni\|eth\.type\|fragment\|ip6\.flow\|priority\|vlan\.pcp\|eth\.dst\|eth\.src\|gre\.key\|ip6\.ext\|udp\.len\|vlan\.id\|weekday\|arp\.op\|ip4\.df\|ip4\.id\|random\|dport\|iface\|proto\|sport\|dscp\|mark\|time\|dst\|ecn\|len\|src\|ttl\)\>'
syntax match rpolNumber '\<\d\w*\>'
syntax match rpolAddress '\<\d\+\%(\.\d\+\)\{3}\%(/\d\+\)\=\>'
syntax match rpolAddress '\%(\w\|:\)\@<!\x*:\x*:[0-9a-fA-F:.]*\%(/\d\+\)\='
syntax match rpolLabel '\%(^\|[{;]\)\@<=\s*\h\w*\ze\s*:\%(\x*:\)\@!'
syntax region rpolString start='"' end='"' oneline
syntax match rpolComment '#.*$' contains=rpolTodo,@Spell
syntax keyword rpolTodo contained TODO FIXME XXX

highlight default link rpolPlace Type
highlight default link rpolConstant Constant
highlight default link rpolKeyword Keyword
highlight default link rpolDeclaration Structure
highlight default link rpolOperator Operator
highlight default link rpolVerdict Statement
highlight default link rpolField Identifier
highlight default link rpolNumber Number
highlight default link rpolAddress Number
highlight default link rpolLabel Label
highlight default link rpolString String
highlight default link rpolComment Comment
highlight default link rpolTodo Todo

let b:current_syntax = 'rpol'
