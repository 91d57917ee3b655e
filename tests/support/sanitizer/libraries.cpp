// For programs built with AddressSanitizer: what the leak check has to know of libraries that are not ours.

// A graphics driver that is unloaded takes the last pointers to what it keeps for the whole process with it, and the
// check then reports memory that nobody can name. Loaded libraries stay.
extern "C" int dlclose(void* /*library*/) { return 0; }

// The validation layer keeps cycles of its own; the message bus keeps its first connection.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
  return "leak:libVkLayer_khronos_validation.so\nleak:libdbus-1.so\n";
}
