# embed.cmake: turns files into one C or C++ source that defines
#     const struct NAME { const char *path, *text; size_t length; } NAME[];
# of the header HEADER, ending with an entry of NULLs. Run as a script:
#     cmake -DOUT=… -DHEADER=… -DNAME=… "-DFILES=name=path;name=path" -P embed.cmake
set(text "/* made by embed.cmake */\n#include \"${HEADER}\"\n")
set(rows "")
set(i 0)
foreach(pair IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.+)$" _ "${pair}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  # The NUL after the text is what LLVM's memory buffers want.
  string(APPEND text "static const unsigned char file_${i}[] = {\n${hex}0x00};\n")
  string(APPEND rows "\t{\"${name}\", (const char *)file_${i}, sizeof(file_${i}) - 1},\n")
  math(EXPR i "${i} + 1")
endforeach()
string(APPEND text "const struct ${NAME} ${NAME}[] = {\n${rows}\t{0, 0, 0},\n};\n")
file(WRITE "${OUT}" "${text}")
