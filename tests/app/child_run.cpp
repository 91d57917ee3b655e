#include "child_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <vector>

extern char** environ;

namespace test {
namespace {

constexpr std::chrono::seconds kLongest{60};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environmentWith(const std::map<std::string, std::string>& changed) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    if (!changed.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : changed) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

ChildEnd runProgram(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                    const std::function<void()>& prepare) {
  std::vector<std::string> words = arguments, variables = environmentWith(environment);
  const std::vector<char*> argv = pointers(words), envp = pointers(variables);
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipes[1], STDOUT_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    if (prepare) prepare();
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(pipes[1]);
  ChildEnd end;
  const auto until = std::chrono::steady_clock::now() + kLongest;
  char buffer[4096];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd waiting{pipes[0], POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      kill(child, SIGKILL);
      break;
    }
    const ssize_t count = read(pipes[0], buffer, sizeof buffer);
    if (count <= 0) break;
    end.output.append(buffer, static_cast<size_t>(count));
  }
  close(pipes[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) end.exitCode = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

ChildEnd runTests(const std::string& filter, const std::map<std::string, std::string>& environment,
                  const std::function<void()>& prepare) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  return runProgram({self, "--gtest_filter=" + filter}, environment, prepare);
}

}  // namespace test
