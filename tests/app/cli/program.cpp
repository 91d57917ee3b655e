#include "tests/app/cli/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/support/support.h"

namespace test {

Ran run(const std::vector<std::string>& arguments, const RunSettings& settings) {
  const ScratchFolder folder;
  const std::string in = folder.path() / "in", out = folder.path() / "out", err = folder.path() / "err";
  {
    const int file = open(in.c_str(), O_WRONLY | O_CREAT, 0600);
    if (write(file, settings.input.data(), settings.input.size()) != static_cast<ssize_t>(settings.input.size())) {
      throw std::runtime_error("cannot write " + in);
    }
    close(file);
  }
  std::vector<char*> argv = {const_cast<char*>(EXPERTSCOPE_PROGRAM)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string& target = settings.outputFile.empty() ? out : settings.outputFile;

  const pid_t child = fork();
  if (child == 0) {
    // No display, no data of the user's.
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("QT_QPA_PLATFORM");
    setenv("XDG_DATA_HOME", folder.path().c_str(), 1);
    dup2(open(in.c_str(), O_RDONLY), STDIN_FILENO);
    dup2(open(target.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(126);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Ran ran;
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (settings.outputFile.empty()) ran.out = readFile(out);
  ran.err = readFile(err);
  return ran;
}

}  // namespace test
