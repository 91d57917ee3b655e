#include "app/command_table.h"

#include <QCoreApplication>
#include <QStringList>
#include <array>

namespace app {
namespace {

using enum Command;
using enum KeyScope;
using Menu = CommandMenu;

#define WORDS(text) QT_TRANSLATE_NOOP("Commands", text)

// clang-format off
constexpr std::array<CommandInfo, kCommands> kTable = {{
    {NewPrompt, "newPrompt", Menu::File, WORDS("&New prompt"), "Ctrl+N", Window, WORDS("write a prompt")},
    {OpenBundled, "openBundled", Menu::File, WORDS("Open the &bundled model"), "", Window, ""},
    {OpenFolder, "open", Menu::File, WORDS("&Open model folder\u2026"), "Ctrl+O", Window, WORDS("open a model folder")},
    {OpenRecorded, "openRecorded", Menu::File, WORDS("Open &file: recorded run or GGUF model\u2026"), "Ctrl+Shift+O", Window, WORDS("open a recorded run or a GGUF model")},
    {Export, "export", Menu::File, WORDS("&Export run\u2026"), "Ctrl+E", Window, WORDS("export the run"), true},
    {SavePicture, "savePicture", Menu::File, WORDS("Save &picture\u2026"), "Ctrl+Shift+E", Window, WORDS("save a picture of an instrument")},
    {Settings, "settings", Menu::File, WORDS("&Settings\u2026"), "Ctrl+,", Window, WORDS("settings"), true},
    {Quit, "quit", Menu::File, WORDS("&Quit"), "Ctrl+Q", Window, WORDS("quit")},
    {Undo, "undo", Menu::Edit, WORDS("&Undo"), "Ctrl+Z", Window, WORDS("undo")},
    {Redo, "redo", Menu::Edit, WORDS("&Redo"), "Ctrl+Shift+Z", Window, WORDS("redo")},
    {CopyPicture, "copyPicture", Menu::Edit, WORDS("Copy &picture"), "Ctrl+Shift+C", Window, WORDS("copy the instrument as a picture"), true},
    {CopyTable, "copyTable", Menu::Edit, WORDS("Copy &table"), "Ctrl+C", Anywhere, WORDS("copy the instrument as a table")},
    {Find, "find", Menu::Edit, WORDS("&Find in the text\u2026"), "Ctrl+F", Window, WORDS("find in the text"), true},
    {FindAgain, "findAgain", Menu::Edit, WORDS("Find a&gain"), "F3", Window, WORDS("find the next one")},
    {FindCommand, "findCommand", Menu::Edit, WORDS("Find or run a &command\u2026"), "Ctrl+K", Window, WORDS("find or run a command")},
    {ToggleBookmark, "bookmark", Menu::Edit, WORDS("&Bookmark this place\u2026"), "Ctrl+B", Window, WORDS("bookmark this place, or change its note"), true},
    {ShowNotes, "notes", Menu::Edit, WORDS("&Notes and bookmarks"), "Ctrl+Shift+B", Window, WORDS("notes and bookmarks")},
    {ChooseLens, "lens", Menu::View, WORDS("&Colour of the tokens\u2026"), "C", Canvas, WORDS("what colours the tokens")},
    {RouterOrder, "routerOrder", Menu::View, WORDS("Router by &expert or by score"), "O", Canvas, WORDS("router by expert or by score")},
    {LoadRange, "loadRange", Menu::View, WORDS("Tokens that the &load counts"), "L", Canvas, WORDS("load of the whole run, up to the cursor, or of the range")},
    {HeatScale, "heatScale", Menu::View, WORDS("&Scale per layer or global"), "S", Canvas, WORDS("scale of tokens \u00D7 experts: per layer or global")},
    {ZoomIn, "zoomIn", Menu::View, WORDS("&Zoom into tokens \u00D7 experts"), "+", Canvas, WORDS("zoom into tokens \u00D7 experts")},
    {ZoomOut, "zoomOut", Menu::View, WORDS("Zoom &out"), "-", Canvas, WORDS("zoom out")},
    {ZoomAll, "zoomAll", Menu::View, WORDS("Zoom to the &whole run"), "0", Canvas, WORDS("zoom to the whole run")},
    {ScrollOn, "scrollOn", Menu::View, WORDS("Scroll on"), "Ctrl+Down", Canvas, WORDS("scroll on in the tokens, tokens \u00D7 experts or measures")},
    {ScrollBack, "scrollBack", Menu::View, WORDS("Scroll back"), "Ctrl+Up", Canvas, WORDS("scroll back")},
    {OtherHeatMap, "otherHeatMap", Menu::View, WORDS("The other &heat map"), "H", Canvas, WORDS("the other heat map, where one has room")},
    {OtherLower, "otherLower", Menu::View, WORDS("Ledger or &prediction"), "P", Canvas, WORDS("ledger or prediction, where one has room")},
    {Run, "run", Menu::Run, WORDS("&Run the prompt"), "Ctrl+Return", Window, WORDS("run the prompt")},
    {Sample, "sample", Menu::Run, WORDS("&Sample prompt"), "", Window, ""},
    {Generate1, "generate1", Menu::Run, WORDS("Generate &1 token"), "Ctrl+1", Window, WORDS("generate one token"), true},
    {Generate10, "generate10", Menu::Run, WORDS("Generate 1&0 tokens"), "Ctrl+0", Window, WORDS("generate ten tokens")},
    {GenerateUntilStop, "generateUntilStop", Menu::Run, WORDS("Generate &until stop"), "Ctrl+9", Window, WORDS("generate until the text ends")},
    {BranchWith, "branch", Menu::Run, WORDS("&Branch with another token\u2026"), "Ctrl+Shift+N", Window, WORDS("go on with another token: a branch")},
    {Capacity, "capacity", Menu::Run, WORDS("Capacity &factor and rule\u2026"), "Ctrl+D", Window, WORDS("capacity factor and rule"), true},
    {CapacityRecorded, "capacityRecorded", Menu::Run, WORDS("Capacity as &recorded"), "", Window, ""},
    {Lab, "lab", Menu::Run, WORDS("Routing &lab: other policies\u2026"), "Ctrl+R", Window, WORDS("routing lab: other policies")},
    {AllPolicies, "allPolicies", Menu::Run, WORDS("All &policies at once"), "", Window, ""},
    {ChangeRun, "changeRun", Menu::Run, WORDS("Run again with the routing c&hanged\u2026"), "Ctrl+Shift+R", Window, WORDS("run again with the routing changed")},
    {BanExpert, "banExpert", Menu::Run, WORDS("&Ban the expert at the cursor and run again"), "X", Canvas, WORDS("ban the expert at the cursor and run again")},
    {Knockout, "knockout", Menu::Run, WORDS("&Knock out: which expert mattered\u2026"), "Ctrl+Shift+X", Window, WORDS("which expert mattered for this token")},
    {CloseCalls, "closeCalls", Menu::Run, WORDS("Close calls: what ro&unding or other words would flip\u2026"), "", Window, ""},
    {Push, "push", Menu::Run, WORDS("Where the &gradient pushes"), "", Window, ""},
    {ComputeTensors, "computeTensors", Menu::Run, WORDS("Compute e&very tensor of this run"), "", Window, ""},
    {Placement, "placement", Menu::Run, WORDS("Experts on several de&vices\u2026"), "Ctrl+Shift+P", Window, WORDS("experts on several devices: a model of cost")},
    {Measures, "measures", Menu::Run, WORDS("&Measures of the routing"), "Ctrl+Shift+M", Window, WORDS("every measure of the layer\u2019s routing")},
    {Coactivation, "coactivation", Menu::Run, WORDS("Experts that are chosen to&gether"), "", Window, ""},
    {Cancel, "cancel", Menu::Run, WORDS("&Cancel"), "Esc", Anywhere, WORDS("stop what is running, then back to the tokens"), true},
    {NextToken, "nextToken", Menu::Cursor, WORDS("Next token"), "Right", Canvas, WORDS("next token")},
    {PreviousToken, "previousToken", Menu::Cursor, WORDS("Previous token"), "Left", Canvas, WORDS("previous token")},
    {TokensOn, "tokensOn", Menu::Cursor, WORDS("Ten tokens on"), "PgDown", Canvas, WORDS("ten tokens on")},
    {TokensBack, "tokensBack", Menu::Cursor, WORDS("Ten tokens back"), "PgUp", Canvas, WORDS("ten tokens back")},
    {FirstToken, "firstToken", Menu::Cursor, WORDS("First token"), "Home", Canvas, WORDS("first token")},
    {LastToken, "lastToken", Menu::Cursor, WORDS("Last token"), "End", Canvas, WORDS("last token")},
    {LayerAbove, "layerAbove", Menu::Cursor, WORDS("Layer above"), "Up", Canvas, WORDS("layer above"), true},
    {LayerBelow, "layerBelow", Menu::Cursor, WORDS("Layer below"), "Down", Canvas, WORDS("layer below")},
    {NextExpert, "nextExpert", Menu::Cursor, WORDS("Next expert"), "Shift+Right", Canvas, WORDS("next expert")},
    {PreviousExpert, "previousExpert", Menu::Cursor, WORDS("Previous expert"), "Shift+Left", Canvas, WORDS("previous expert")},
    {NextStage, "nextStage", Menu::Cursor, WORDS("Next stage"), "Shift+Down", Canvas, WORDS("next stage of the layer")},
    {PreviousStage, "previousStage", Menu::Cursor, WORDS("Previous stage"), "Shift+Up", Canvas, WORDS("previous stage of the layer")},
    {OtherRouter, "otherRouter", Menu::Cursor, WORDS("The layer's other &router"), "R", Canvas, WORDS("the layer\u2019s other router: attention experts or the block\u2019s")},
    {GoTo, "goTo", Menu::Cursor, WORDS("&Go to\u2026"), "Ctrl+G", Window, WORDS("go to a token, layer or expert: 22 L3 E8"), true},
    {FirstDropped, "firstDropped", Menu::Cursor, WORDS("First &dropped choice"), "Ctrl+Shift+D", Window, WORDS("first dropped choice")},
    {Back, "back", Menu::Cursor, WORDS("&Back"), "Alt+Left", Window, WORDS("back to where the cursor was")},
    {Forward, "forward", Menu::Cursor, WORDS("&Forward"), "Alt+Right", Window, WORDS("forward again")},
    {Play, "play", Menu::Cursor, WORDS("&Play"), "Space", Canvas, WORDS("play, and write on past the end; again to stop"), true},
    {RangeBegin, "rangeBegin", Menu::Cursor, WORDS("Range begins &here"), "[", Canvas, WORDS("a range of tokens begins here"), true},
    {RangeEnd, "rangeEnd", Menu::Cursor, WORDS("Range &ends here"), "]", Canvas, WORDS("the range ends here")},
    {RangeClear, "rangeClear", Menu::Cursor, WORDS("&No range"), "\\", Canvas, WORDS("no range")},
    {ShowSessions, "sessions", Menu::Sessions, WORDS("&Show sessions"), "Ctrl+L", Window, WORDS("sessions")},
    {ShowQuestion, "question", Menu::Sessions, WORDS("&Question\u2026"), "Ctrl+Shift+F", Window, WORDS("a question across all sessions")},
    {CompareWith, "compareWith", Menu::Sessions, WORDS("&Compare with\u2026"), "Ctrl+Shift+K", Window, WORDS("compare with another run"), true},
    {CompareDevices, "compareDevices", Menu::Sessions, WORDS("Compare C&PU with GPU"), "", Window, ""},
    {ShowCompare, "compare", Menu::Sessions, WORDS("Show co&mparison"), "F7", Window, WORDS("comparison, and back")},
    {RenameRun, "rename", Menu::Sessions, WORDS("&Rename this run\u2026"), "F2", Window, WORDS("rename this run"), true},
    {StarRun, "star", Menu::Sessions, WORDS("S&tar this run"), "Ctrl+Shift+S", Window, WORDS("star this run, or take the star away")},
    {TagRun, "tags", Menu::Sessions, WORDS("Ta&gs of this run\u2026"), "Ctrl+T", Window, WORDS("tags of this run")},
    {RemoveRun, "remove", Menu::Sessions, WORDS("Re&move this run"), "", Window, "", true},
    {ForgetRun, "forget", Menu::Sessions, WORDS("Do &not keep this run"), "", Window, ""},
    {EmptyBin, "emptyBin", Menu::Sessions, WORDS("&Erase removed runs for good\u2026"), "", Window, ""},
    {NextPanel, "nextPanel", Menu::View, WORDS("&Next panel"), "F6", Anywhere, WORDS("next panel"), true},
    {PreviousPanel, "previousPanel", Menu::View, WORDS("Pre&vious panel"), "Shift+F6", Anywhere, WORDS("panel before")},
    {Keys, "keys", Menu::Help, WORDS("&Keys\u2026"), "?", Anywhere, WORDS("this list")},
}};
// clang-format on

constexpr bool isInOrder() {
  for (int i = 0; i < kCommands; ++i) {
    if (kTable[static_cast<size_t>(i)].command != static_cast<Command>(i)) return false;
  }
  return true;
}
static_assert(isInOrder(), "the table's rows stand in the order of the commands");

constexpr std::array kMenuNames = {WORDS("File"),   WORDS("Edit"),     WORDS("View"), WORDS("Run"),
                                   WORDS("Cursor"), WORDS("Sessions"), WORDS("Help")};

}  // namespace

std::span<const CommandInfo> commandTable() { return kTable; }
const CommandInfo& commandInfo(Command command) { return kTable.at(static_cast<size_t>(command)); }
const char* menuName(CommandMenu menu) { return kMenuNames.at(static_cast<size_t>(menu)); }

QString readableKeys(const QString& portable) {
  QString text = portable;
  text.replace("Shift+", QStringLiteral("\u21E7"));
  text.replace("Right", QStringLiteral("\u2192")).replace("Left", QStringLiteral("\u2190"));
  text.replace("Up", QStringLiteral("\u2191")).replace("PgDown", "PgDn");
  if (text.endsWith("Down")) text.replace("Down", QStringLiteral("\u2193"));
  text.replace(QStringLiteral("Pg\u2191"), "PgUp").replace("Return", "Enter");
  text.replace("Ctrl+", "Ctrl ").replace("Alt+", "Alt ");
  return text;
}

QString keysPage() {
  QString page =
      "# Keys\n\nMade from the table of commands (`app/command_table.cpp`). Every key can be changed in the window: "
      "Help, Keys.\n"
      "Keys marked \u00B0 act while a canvas has the keyboard; Tab always moves it on.\n";
  for (size_t menu = 0; menu < kMenuNames.size(); ++menu) {
    page += QStringLiteral("\n## %1\n\n| key | |\n|---|---|\n").arg(kMenuNames[menu]);
    for (const CommandInfo& row : kTable) {
      if (static_cast<size_t>(row.menu) != menu) continue;
      QString words = QString::fromUtf8(row.what[0] ? row.what : row.text).remove('&');
      const QString keys = readableKeys(QString::fromUtf8(row.keys)).replace("|", "\\|");
      page += QStringLiteral("| %1 | %2 |\n").arg(keys + (row.scope == Canvas ? QStringLiteral(" \u00B0") : ""), words);
    }
  }
  return page;
}

}  // namespace app
