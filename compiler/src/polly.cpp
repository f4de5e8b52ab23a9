/* polly.cpp: clang's static libraries, as Debian builds them, ask for the Polly optimiser, which is
 * another package and of no use for BPF. This one adds nothing. */
#include <llvm/Passes/PassPlugin.h>

llvm::PassPluginLibraryInfo getPollyPluginInfo();

llvm::PassPluginLibraryInfo getPollyPluginInfo()
{
	return {LLVM_PLUGIN_API_VERSION, "none", "none", [](llvm::PassBuilder &) {}};
}
