/* SPDX-License-Identifier: Apache-2.0
 *
 * nvrtc.cc: a fake NVRTC. Generated kernels are in the part of CUDA C++ that is C too, so the system's compiler makes a
 * shared object of them, and its bytes are the "CUBIN". Kernels are found by the generator's own mark, a line
 * "#define MP_NAME name" before each, and have one parameter of type struct name_args.
 *
 * MATCHPOINT_EMULATOR_CACHE names a folder where compiled texts are kept.
 */
#include "tests/cuda/emulator/emulator.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <nvrtc.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

struct _nvrtcProgram
{
  std::string source;
  std::string log;
  std::string image;
};

/* ---- files ---- */

static bool
read_file (const std::string &path,
           std::string       &out)
{
  FILE *file = fopen (path.c_str (), "rb");
  char buffer[65536];
  size_t n;

  if (file == nullptr)
    return false;
  out.clear ();
  while ((n = fread (buffer, 1, sizeof buffer, file)) > 0)
    out.append (buffer, n);
  fclose (file);
  return true;
}

static bool
write_file (const std::string &path,
            const std::string &text)
{
  FILE *file = fopen (path.c_str (), "wb");
  bool written = file != nullptr && fwrite (text.data (), 1, text.size (), file) == text.size ();

  return file != nullptr && fclose (file) == 0 && written;
}

static std::string
temporary_folder ()
{
  const char *folder = getenv ("TMPDIR");
  std::string path = std::string (folder != nullptr ? folder : "/tmp") + "/matchpoint-emulator-XXXXXX";

  return mkdtemp (&path[0]) != nullptr ? path : "";
}

/* ---- compiling ---- */

/* Behind the text: for each kernel a function of the driver's. */
static std::string
entries (const std::string &source)
{
  static const char mark[] = "\n#define MP_NAME ";
  std::string text;

  for (size_t at = source.find (mark); at != std::string::npos; at = source.find (mark, at + 1)) {
    size_t start = at + sizeof mark - 1;
    std::string name = source.substr (start, source.find ('\n', start) - start);

    text += "\nvoid emulated_call_" + name + " (const void *p);\nvoid emulated_call_" + name + " (const void *p) { "
            + name + " (*(const struct " + name + "_args *) p); }\nconst unsigned long emulated_size_" + name + " = sizeof (struct "
            + name + "_args);\n";
  }
  return text;
}

static const std::vector<std::string> &
compiler ()
{
  static std::vector<std::string> words;

  if (words.empty ()) {
    words = { MP_EMULATOR_CC, "-x", "c", "-std=gnu11", "-O1", "-g0", "-shared", "-fPIC", "-pipe", "-w",
              "-ffp-contract=off", "-fno-math-errno", "-fvisibility=default", "-I", MP_EMULATOR_DIR };
#if defined(__SANITIZE_ADDRESS__)
    words.push_back ("-fsanitize=address,undefined");
    words.push_back ("-fno-sanitize-recover=all");
#endif
  }
  return words;
}

static int
run_compiler (const std::string &source,
              const std::string &object,
              const std::string &words)
{
  std::vector<std::string> command = compiler ();
  std::vector<char *> arguments;
  posix_spawn_file_actions_t actions;
  int status = -1;
  pid_t child;

  for (const char *word : { source.c_str (), "-o", object.c_str (), "-lm" })
    command.push_back (word);
  for (std::string &word : command)
    arguments.push_back (&word[0]);
  arguments.push_back (nullptr);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, words.c_str (), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2 (&actions, STDOUT_FILENO, STDERR_FILENO);
  if (posix_spawnp (&child, arguments[0], &actions, nullptr, arguments.data (), environ) == 0)
    while (waitpid (child, &status, 0) < 0 && errno == EINTR) {
    }
  posix_spawn_file_actions_destroy (&actions);
  return status;
}

static std::string
cache_path (const std::string &text)
{
  const char *folder = getenv ("MATCHPOINT_EMULATOR_CACHE");
  uint64_t hash[2] = { 0xcbf29ce484222325u, 0x9ae16a3b2f90404fu };
  std::string all = text, prelude;
  char name[64];

  if (folder == nullptr)
    return "";
  read_file (MP_EMULATOR_DIR "/nvrtc-prelude.h", prelude);
  all += prelude + __VERSION__;
  for (const std::string &word : compiler ())
    all += word;
  for (unsigned char byte : all) {
    hash[0] = (hash[0] ^ byte) * 0x100000001b3u;
    hash[1] = (hash[1] + byte + 1) * 0xd6e8feb86659fd93u;
    hash[1] ^= hash[1] >> 32;
  }
  mkdir (folder, 0777);
  snprintf (name, sizeof name, "/%016llx%016llx.so", (unsigned long long) hash[0], (unsigned long long) hash[1]);
  return std::string (folder) + name;
}

static bool
compile (nvrtcProgram program)
{
  std::string text = "#include \"nvrtc-prelude.h\"\n#line 1 \"generated\"\n" + program->source
                     + entries (program->source);
  std::string cached = cache_path (text);

  if (!cached.empty () && read_file (cached, program->image))
    return true;
  std::string folder = temporary_folder ();
  std::string source = folder + "/kernels.c", object = folder + "/kernels.so", words = folder + "/words";
  bool good = !folder.empty () && write_file (source, text) && run_compiler (source, object, words) == 0
              && read_file (object, program->image);
  read_file (words, program->log);
  for (const std::string &path : { source, object, words })
    unlink (path.c_str ());
  rmdir (folder.c_str ());
  if (good && !cached.empty ()) {
    std::string beside = cached + "-" + std::to_string (getpid ());

    if (!write_file (beside, program->image) || rename (beside.c_str (), cached.c_str ()) != 0)
      unlink (beside.c_str ());
  }
  return good;
}

/* ---- NVRTC's functions ---- */

nvrtcResult
nvrtcVersion (int *major,
              int *minor)
{
  *major = CUDART_VERSION / 1000;
  *minor = CUDART_VERSION % 1000 / 10;
  return NVRTC_SUCCESS;
}

const char *
nvrtcGetErrorString (nvrtcResult result)
{
  switch (result) {
  case NVRTC_SUCCESS:
    return "NVRTC_SUCCESS";
  case NVRTC_ERROR_INVALID_INPUT:
    return "NVRTC_ERROR_INVALID_INPUT";
  case NVRTC_ERROR_INVALID_PROGRAM:
    return "NVRTC_ERROR_INVALID_PROGRAM";
  case NVRTC_ERROR_INVALID_OPTION:
    return "NVRTC_ERROR_INVALID_OPTION";
  case NVRTC_ERROR_COMPILATION:
    return "NVRTC_ERROR_COMPILATION";
  default:
    return "NVRTC_ERROR unknown";
  }
}

static const int architectures[] = { 75, 80, 86, 89, 90, 100, 120 };

nvrtcResult
nvrtcGetNumSupportedArchs (int *n)
{
  *n = (int) (sizeof architectures / sizeof *architectures);
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcGetSupportedArchs (int *out)
{
  memcpy (out, architectures, sizeof architectures);
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcCreateProgram (nvrtcProgram      *out,
                    const char        *source,
                    const char        *,
                    int                n_headers,
                    const char *const *,
                    const char *const *)
{
  if (out == nullptr || source == nullptr || n_headers != 0)
    return NVRTC_ERROR_INVALID_INPUT;
  *out = new _nvrtcProgram ();
  (*out)->source = source;
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcDestroyProgram (nvrtcProgram *program)
{
  delete *program;
  *program = nullptr;
  return NVRTC_SUCCESS;
}

/* For tests that hand the texts to the real NVRTC. */
static bool
keep_text (nvrtcProgram program)
{
  static int n;
  static std::mutex lock;
  std::lock_guard<std::mutex> guard (lock);

  program->image = EMULATOR_TEXT;
  return write_file (emulator_settings ().texts + "/" + std::to_string (getpid ()) + "-" + std::to_string (n++) + ".cu",
                     program->source);
}

nvrtcResult
nvrtcCompileProgram (nvrtcProgram       program,
                     int                n_options,
                     const char *const *options)
{
  for (int i = 0; i < n_options; i++)
    if (options[i][0] != '-') {
      program->log = std::string ("nvrtc: error: invalid value for ") + options[i];
      return NVRTC_ERROR_INVALID_OPTION;
    }
  return (emulator_settings ().texts.empty () ? compile (program) : keep_text (program)) ? NVRTC_SUCCESS
                                                                                         : NVRTC_ERROR_COMPILATION;
}

static nvrtcResult
size_of (const std::string &bytes,
         size_t             extra,
         size_t            *size)
{
  *size = bytes.size () + extra;
  return NVRTC_SUCCESS;
}

static nvrtcResult
copy_of (const std::string &bytes,
         char              *out)
{
  memcpy (out, bytes.data (), bytes.size ());
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcGetCUBINSize (nvrtcProgram program,
                   size_t      *size)
{
  return program->image.empty () ? NVRTC_ERROR_INVALID_PROGRAM : size_of (program->image, 0, size);
}

nvrtcResult
nvrtcGetCUBIN (nvrtcProgram program,
               char        *out)
{
  return copy_of (program->image, out);
}

nvrtcResult
nvrtcGetPTXSize (nvrtcProgram program,
                 size_t      *size)
{
  return nvrtcGetCUBINSize (program, size);
}

nvrtcResult
nvrtcGetPTX (nvrtcProgram program,
             char        *out)
{
  return copy_of (program->image, out);
}

nvrtcResult
nvrtcGetProgramLogSize (nvrtcProgram program,
                        size_t      *size)
{
  return size_of (program->log, 1, size);
}

nvrtcResult
nvrtcGetProgramLog (nvrtcProgram program,
                    char        *out)
{
  out[program->log.size ()] = '\0';
  return copy_of (program->log, out);
}
