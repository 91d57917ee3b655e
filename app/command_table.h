// Every command of the window in one table: its name, its menu, its key. Menus, the key map, the command field and
// docs/keys.md are all made from it.
#pragma once

#include <QString>
#include <cstdint>
#include <span>

namespace app {

enum class Command : uint8_t {
  NewPrompt,
  OpenBundled,
  OpenFolder,
  OpenRecorded,
  Export,
  SavePicture,
  Settings,
  Quit,
  Undo,
  Redo,
  CopyPicture,
  CopyTable,
  Find,
  FindAgain,
  FindCommand,
  ToggleBookmark,
  ShowNotes,
  ChooseLens,
  RouterOrder,
  LoadRange,
  HeatScale,
  ZoomIn,
  ZoomOut,
  ZoomAll,
  ScrollOn,
  ScrollBack,
  OtherHeatMap,
  OtherLower,
  Run,
  Sample,
  Generate1,
  Generate10,
  GenerateUntilStop,
  BranchWith,
  Capacity,
  CapacityRecorded,
  Lab,
  AllPolicies,
  ChangeRun,
  BanExpert,
  Knockout,
  CloseCalls,
  Push,
  ComputeTensors,
  Placement,
  Measures,
  Coactivation,
  Cancel,
  NextToken,
  PreviousToken,
  TokensOn,
  TokensBack,
  FirstToken,
  LastToken,
  LayerAbove,
  LayerBelow,
  NextExpert,
  PreviousExpert,
  NextStage,
  PreviousStage,
  OtherRouter,
  GoTo,
  FirstDropped,
  Back,
  Forward,
  Play,
  RangeBegin,
  RangeEnd,
  RangeClear,
  ShowSessions,
  ShowQuestion,
  CompareWith,
  CompareDevices,
  ShowCompare,
  RenameRun,
  StarRun,
  TagRun,
  RemoveRun,
  ForgetRun,
  EmptyBin,
  NextPanel,
  PreviousPanel,
  Keys,
  Count
};
constexpr int kCommands = static_cast<int>(Command::Count);

enum class CommandMenu : uint8_t { File, Edit, View, Run, Cursor, Sessions, Help };

enum class KeyScope : uint8_t {
  Window,    // a shortcut: works wherever the keyboard is
  Anywhere,  // whatever has the keyboard may take it first: an editor types a question mark
  Canvas,    // only while a canvas has the keyboard
};

struct CommandInfo {
  Command command;
  const char* name;  // in the settings file
  CommandMenu menu;
  const char* text;  // in the menu; & before its mnemonic
  const char* keys;  // "Ctrl+G", or empty
  KeyScope scope;
  const char* what;   // in the key map, after the key; empty: as in the menu
  bool line = false;  // a line stands above it in the menu
};

std::span<const CommandInfo> commandTable();  // in the order of the menus; index = command
const CommandInfo& commandInfo(Command command);
const char* menuName(CommandMenu menu);  // "File"; in the words of the table

// Keys as people read them: "⇧→", "Ctrl G".
QString readableKeys(const QString& portable);

// The table as a page: docs/keys.md.
QString keysPage();

}  // namespace app
