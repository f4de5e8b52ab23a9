# What ctest sets before it runs the tests of a build with sanitizers.
#
# The compiler's module brings LLVM's thread-local variables; gcc 12's leak checker takes the blocks of
# a module that is opened late for others where they lie unluckily, and dies ("Tracer caught signal
# 11").
set(ENV{ASAN_OPTIONS} "intercept_tls_get_addr=0:$ENV{ASAN_OPTIONS}")
