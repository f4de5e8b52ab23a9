/* clang.cpp: clang 19 in-process: C text in, a BPF object out. The only C++ file and the only one
 * that knows LLVM; a program of its own (rpol-clang, see outside.h) that is run when something is
 * compiled, so that nothing else pays for loading LLVM.
 *
 * Nothing is read from the disk: the text, and the runtime's headers that the program carries, are
 * files of an in-memory file system. The work goes front end → LLVM IR → (line tables pointed at
 * the policy's text) → object → DWARF stripped, BTF kept. */
#include "embedded.h"

#include <cerrno>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include <clang/Basic/DiagnosticOptions.h>
#include <clang/Basic/TargetInfo.h>
#include <clang/CodeGen/BackendUtil.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/ObjCopy/ConfigManager.h>
#include <llvm/ObjCopy/ObjCopy.h>
#include <llvm/Object/Binary.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/VirtualFileSystem.h>

extern "C" {
#include "rpol/compile.h"
}

extern "C" {
void LLVMInitializeBPFTargetInfo(void);
void LLVMInitializeBPFTarget(void);
void LLVMInitializeBPFTargetMC(void);
void LLVMInitializeBPFAsmParser(void); /* the tail calls are inline assembly */
void LLVMInitializeBPFAsmPrinter(void);
}

namespace
{

#define ROOT "/rpol/"

struct sink {
	rpol_clang_message *message;
	void *arg;
	unsigned errors;

	void say(bool is_error, const char *file, unsigned line, unsigned column, const char *text)
	{
		errors += is_error;
		message(arg, is_error, file, line, column, text);
	}
};

/* clang's own messages, at the place #line says. */
class front_messages : public clang::DiagnosticConsumer
{
	sink &out;

      public:
	explicit front_messages(sink &out) : out(out) {}

	void HandleDiagnostic(clang::DiagnosticsEngine::Level level,
			      const clang::Diagnostic &info) override
	{
		clang::DiagnosticConsumer::HandleDiagnostic(level, info);
		if (level < clang::DiagnosticsEngine::Warning)
			return;
		llvm::SmallString<256> text;
		info.FormatDiagnostic(text);
		clang::PresumedLoc place;
		if (info.getLocation().isValid() && info.hasSourceManager())
			place = info.getSourceManager().getPresumedLoc(info.getLocation());
		out.say(level >= clang::DiagnosticsEngine::Error,
			place.isValid() ? place.getFilename() : "",
			place.isValid() ? place.getLine() : 0,
			place.isValid() ? place.getColumn() : 0, text.c_str());
	}
};

/* The back end's messages. A warning of the BPF back end (stack limit) is what the kernel would
 * refuse, so it counts as an error. */
struct back_messages : llvm::DiagnosticHandler {
	sink &out;

	explicit back_messages(sink &out) : out(out) {}

	bool handleDiagnostics(const llvm::DiagnosticInfo &info) override
	{
		if (info.getSeverity() != llvm::DS_Error && info.getSeverity() != llvm::DS_Warning)
			return true;
		std::string text, file;
		unsigned line = 0, column = 0;
		llvm::raw_string_ostream stream(text);
		llvm::DiagnosticPrinterRawOStream printer(stream);
		if (info.getKind() == llvm::DK_Unsupported) {
			auto &at = llvm::cast<llvm::DiagnosticInfoUnsupported>(info);
			stream << at.getMessage();
			if (at.isLocationAvailable()) {
				file = at.getLocation().getRelativePath().str();
				line = at.getLocation().getLine();
				column = at.getLocation().getColumn();
			}
		} else {
			info.print(printer);
		}
		stream.flush();
		out.say(true, file.c_str(), line, column, text.c_str());
		return true;
	}
};

/* LLVM ends the process on what it calls a fatal error; ours goes on with a message. The handler
 * must not return, so it jumps back; what LLVM had allocated by then is lost. */
struct fatal_exit {
	sink &out;
	std::jmp_buf back;
};

[[noreturn]] void fatal_error(void *arg, const char *reason, bool)
{
	auto *exit = static_cast<fatal_exit *>(arg);

	exit->out.say(true, "", 0, 0, reason);
	std::longjmp(exit->back, 1);
}

void register_target(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmParser();
	LLVMInitializeBPFAsmPrinter();
}

llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> memory_files(llvm::StringRef text,
								     const std::string &path)
{
	llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> files(
		new llvm::vfs::InMemoryFileSystem);

	files->setCurrentWorkingDirectory("/");
	files->addFileNoOwn(path, 0, llvm::MemoryBufferRef(text, path));
	for (const struct rpol_embedded *file = rpol_embedded; file->path; file++)
		files->addFileNoOwn(std::string(ROOT "include/") + file->path, 0,
				    llvm::MemoryBufferRef({file->text, file->length}, file->path));
	return files;
}

std::unique_ptr<clang::CompilerInstance>
make_instance(const std::string &path, llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files,
	      front_messages *messages)
{
	static const char *const options[] = {
		"-triple",
		"bpfel",
		"-target-cpu",
		"v3",
		"-std=gnu17",
		"-x",
		"c",
		"-emit-llvm-only",
		"-O2",
		/* Not in the front end: once is enough, and without variables it is faster. */
		"-disable-llvm-passes",
		"-mframe-pointer=all",
		"-fno-jump-tables",
		"-fbracket-depth",
		"8192",
		/* BTF is made from debug information. */
		"-debug-info-kind=constructor",
		"-dwarf-version=5",
		"-fdebug-compilation-dir=/",
		"-disable-llvm-verifier",
		"-discard-value-names",
		"-nostdsysteminc",
		"-nobuiltininc",
		"-internal-isystem",
		ROOT "include",
		"-Wall",
		"-Wextra",
		"-Wno-unused-function",
		"-Wno-unused-const-variable",
		"-Wno-unused-parameter",
		/* This also keeps it from counting its warnings on stderr. */
		"-fno-caret-diagnostics",
	};
	std::vector<const char *> arguments(std::begin(options), std::end(options));
	auto instance = std::make_unique<clang::CompilerInstance>();

	arguments.push_back(path.c_str());
	instance->createDiagnostics(messages, false);
	clang::CompilerInvocation::CreateFromArgs(instance->getInvocation(), arguments,
						  instance->getDiagnostics());
	/* The options' own idea of warnings. */
	instance->createDiagnostics(messages, false);
	instance->createFileManager(files);
	return instance;
}

/* The object's line table quotes, for each instruction, the text of its line. clang takes it from
 * the file it compiled even where #line names another; here each DIFile gets the text that
 * its name stands for and no folder, so that nothing of this machine goes into the object. */
class line_texts
{
	std::map<std::string, llvm::StringRef> texts;
	std::map<const llvm::DIFile *, llvm::DIFile *> replaced;
	std::set<llvm::MDNode *> seen;

	void visit(llvm::MDNode *node)
	{
		if (!node || !seen.insert(node).second)
			return;
		for (unsigned i = 0; i < node->getNumOperands(); i++) {
			llvm::Metadata *operand = node->getOperand(i);
			if (auto *file = llvm::dyn_cast_or_null<llvm::DIFile>(operand))
				node->replaceOperandWith(i, replacement(file));
			else if (auto *child = llvm::dyn_cast_or_null<llvm::MDNode>(operand))
				visit(child);
		}
	}

	llvm::DIFile *replacement(llvm::DIFile *file)
	{
		auto &slot = replaced[file];

		if (slot)
			return slot;
		std::string name = file->getFilename().str();
		auto found = texts.find(name);
		auto text = found == texts.end() ? llvm::StringRef("") : found->second;
		slot = llvm::DIFile::get(file->getContext(), name, "", std::nullopt, text);
		replaced[slot] = slot;
		return slot;
	}

      public:
	void add(const char *name, llvm::StringRef text) { texts.emplace(name, text); }

	void apply(llvm::Module &module)
	{
		llvm::SmallVector<std::pair<unsigned, llvm::MDNode *>, 4> attached;

		for (auto &list : module.named_metadata())
			for (auto *node : list.operands())
				visit(node);
		for (auto &global : module.globals()) {
			global.getAllMetadata(attached);
			for (auto &each : attached)
				visit(each.second);
		}
		for (auto &function : module) {
			visit(function.getSubprogram());
			for (auto &instruction : llvm::instructions(function)) {
				visit(instruction.getDebugLoc().getAsMDNode());
				instruction.getAllMetadata(attached);
				for (auto &each : attached)
					visit(each.second);
			}
		}
	}
};

/* BTF wants types, functions and lines. Where each variable lives is for debuggers, and keeping
 * track of it is a quarter of the whole compile; so they go before anything is optimised. */
void forget_variables(llvm::Module &module)
{
	for (auto &function : module)
		for (auto &block : function)
			for (auto &instruction : llvm::make_early_inc_range(block)) {
				instruction.dropDbgRecords();
				if (llvm::isa<llvm::DbgVariableIntrinsic>(instruction))
					instruction.eraseFromParent();
			}
}

bool strip_dwarf(llvm::StringRef object, llvm::SmallVectorImpl<char> &out, sink &messages)
{
	llvm::objcopy::ConfigManager config;
	config.Common.StripDebug = true;
	config.Common.DeterministicArchives = true;

	auto binary = llvm::object::createBinary(llvm::MemoryBufferRef(object, "object"));
	llvm::raw_svector_ostream stream(out);
	llvm::Error error = binary ? llvm::objcopy::executeObjcopyOnBinary(config, **binary, stream)
				   : binary.takeError();
	if (!error)
		return true;
	messages.say(true, "", 0, 0, llvm::toString(std::move(error)).c_str());
	return false;
}

template <typename type> void set_option(const char *name, type value)
{
	auto &options = llvm::cl::getRegisteredOptions();
	auto found = options.find(name);

	if (found != options.end())
		static_cast<llvm::cl::opt<type> *>(found->second)->setValue(value);
}

/* Whether what is saved at different times may have one place on the stack. Without CAP_PERFMON the
 * kernel's verifier refuses a number where a pointer was, so they have places of their own; but not
 * where one function would take more than its share of the 512 bytes that all have together. */
void share_places(bool share)
{
	enum { STACK = 512, SHARE = 144 };

	set_option<bool>("disable-ssc", !share);
	set_option<int>("bpf-stack-size", share ? STACK : SHARE);
}

void say_nothing(void *, int, const char *, unsigned, unsigned, const char *) {}

bool compile(llvm::StringRef text, const char *name, const struct rpol_clang_source *sources,
	     size_t nsources, sink &messages, llvm::SmallVectorImpl<char> &out)
{
	std::string path = std::string(ROOT) + name;
	auto files = memory_files(text, path);
	front_messages front(messages);
	auto instance = make_instance(path, files, &front);
	llvm::LLVMContext context;
	context.setDiagnosticHandler(std::make_unique<back_messages>(messages));

	clang::EmitLLVMOnlyAction action(&context);
	if (!instance->ExecuteAction(action) || messages.errors)
		return false;
	auto module = action.takeModule();
	if (!module)
		return false;
	/* The front end had its own handler while it ran. */
	context.setDiagnosticHandler(std::make_unique<back_messages>(messages));

	line_texts lines;
	lines.add(path.c_str(), text);
	for (size_t i = 0; i < nsources; i++)
		lines.add(sources[i].name, {sources[i].text, sources[i].length});
	for (const struct rpol_embedded *file = rpol_embedded; file->path; file++)
		lines.add((std::string(ROOT "include/") + file->path).c_str(),
			  {file->text, file->length});
	lines.apply(*module);
	forget_variables(*module);

	instance->getCodeGenOpts().DisableLLVMPasses = false;
	llvm::SmallVector<char, 0> object;
	clang::EmitBackendOutput(
		instance->getDiagnostics(), instance->getHeaderSearchOpts(),
		instance->getCodeGenOpts(), instance->getTargetOpts(), instance->getLangOpts(),
		instance->getTarget().getDataLayoutString(), module.get(), clang::Backend_EmitObj,
		files, std::make_unique<llvm::raw_svector_ostream>(object));
	if (messages.errors)
		return false;
	return strip_dwarf({object.data(), object.size()}, out, messages);
}

} // namespace

/* LLVM's fatal errors are messages, too. */
static bool try_compile(llvm::StringRef text, const char *name,
			const struct rpol_clang_source *sources, size_t nsources, sink &messages,
			llvm::SmallVectorImpl<char> &out)
{
	fatal_exit fatal{messages, {}};
	volatile bool good = false; /* it must survive the jump */

	llvm::install_fatal_error_handler(fatal_error, &fatal);
	if (!setjmp(fatal.back))
		good = compile(text, name, sources, nsources, messages, out);
	llvm::remove_fatal_error_handler();
	return good && !messages.errors;
}

int rpol_clang_compile(const char *text, size_t length, const char *name,
		       const struct rpol_clang_source *sources, size_t nsources,
		       rpol_clang_message *message, void *arg, uint8_t **object, size_t *size)
{
	sink nobody{say_nothing, nullptr, 0}, messages{message, arg, 0};
	llvm::SmallVector<char, 0> out;
	bool good;

	register_target();
	share_places(false);
	good = try_compile({text, length}, name, sources, nsources, nobody, out);
	if (!good) {
		out.clear();
		share_places(true);
		good = try_compile({text, length}, name, sources, nsources, messages, out);
	}

	if (!good || messages.errors) {
		if (!messages.errors)
			messages.say(true, "", 0, 0, "clang failed and did not say why");
		return 1;
	}
	auto *copy = static_cast<uint8_t *>(std::malloc(out.size()));
	if (!copy)
		return -ENOMEM;
	std::memcpy(copy, out.data(), out.size());
	*object = copy;
	*size = out.size();
	return 0;
}
