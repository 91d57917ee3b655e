// The program opens no network socket. Its flows run in a child that the kernel ends at the first socket() for the
// internet; local sockets (a display server, a desktop bus) are not meant.
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

#include "child_run.h"

namespace {

// Kills the process at socket(AF_INET or AF_INET6, ...); everything else is allowed.
void forbidInternetSockets() {
  constexpr auto word = [](uint16_t code, uint32_t k) { return sock_filter{code, 0, 0, k}; };
  constexpr auto jump = [](uint32_t k, uint8_t yes, uint8_t no) {
    return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, yes, no, k};
  };
  sock_filter program[] = {
      word(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      jump(__NR_socket, 0, 4),
      word(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      jump(AF_INET, 1, 0),
      jump(AF_INET6, 0, 1),
      word(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      word(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof *program, program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    _exit(126);
  }
}

TEST(NoSocket, TheGuardEndsWhoeverOpensOne) {
  for (const int family : {AF_INET, AF_INET6}) {
    const test::ChildEnd end = test::runProgram({"/bin/true"}, {}, [family] {
      forbidInternetSockets();
      socket(family, SOCK_STREAM, 0);
    });
    EXPECT_EQ(end.signal, SIGSYS) << "exit code " << end.exitCode;
  }
  EXPECT_EQ(test::runProgram({"/bin/true"}, {}, forbidInternetSockets).exitCode, 0);
}

TEST(NoSocket, TheWindowWorksWithoutOne) {
  const test::ChildEnd end = test::runTests(
      "Window.FirstStartShowsTheFirstDroppedChoiceOfTheSample:Window.EveryRunIsListedAndOpensAgain:"
      "Opening.ASnapshotOfAModelThatIsHereGoesOn",
      {}, forbidInternetSockets);
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.exitCode, 0) << end.output;
  EXPECT_NE(end.output.find("PASSED  ] 3 tests"), std::string::npos) << end.output;
}

TEST(NoSocket, TheCommandLineWorksWithoutOne) {
  const test::ChildEnd end = test::runProgram({EXPERTSCOPE_PROGRAM, "trace", "--model", "seed-7m", "--prompt",
                                               "The bird", "--generate", "2", "--device", "cpu"},
                                              {}, forbidInternetSockets);
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.exitCode, 0) << end.output;
}

}  // namespace
