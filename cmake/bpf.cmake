# bpf_program(GROUP NAME PATH): the target GROUP-NAME-bpf compiles NAME.bpf.c of this folder for the BPF
# machine, as the compiler does, into an object file; PATH is set to where.
find_program(RPOL_CLANG NAMES clang-19 REQUIRED)

function(bpf_program group name path)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${RPOL_CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-function
            -I${CMAKE_SOURCE_DIR}/runtime-bpf/include -I${CMAKE_SOURCE_DIR}/runtime-bpf/src
            -I${CMAKE_CURRENT_SOURCE_DIR} -MD -MF ${object}.d
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c -o ${object}
    DEPENDS ${name}.bpf.c DEPFILE ${object}.d VERBATIM)
  add_custom_target(${group}-${name}-bpf DEPENDS ${object})
  set(${path} ${object} PARENT_SCOPE)
endfunction()
