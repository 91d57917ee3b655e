#include "app/style.h"

#include <QApplication>
#include <QProxyStyle>
#include <QRegularExpression>
#include <QStyleFactory>
#include <algorithm>

#include "app/fonts.h"
#include "core/model/catalog.h"

namespace app {
namespace {

// @name stands for a colour of the theme, 5dp for 5 pixels that grow with the size of the text.
constexpr const char* kSheet = R"(
QMainWindow, QDialog, QMenu, QToolTip { background: @bg1; color: @fg1; }
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QMenuBar { background: @bg2; color: @fg1; border-bottom: 1px solid @line; padding: 0 4px; }
QMenuBar::item { padding: 5dp 8dp; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: @bg3; }
QMenu { background: @bg2; border: 1px solid @line2; padding: 4px 0; }
QMenu::item { padding: 4px 24px 4px 24px; }
QMenu::item:selected { background: @bg3; }
QMenu::item:disabled { color: @fg3; }
QMenu::separator { height: 1px; background: @line; margin: 4px 0; }
QWidget#toolBar { background: @bg2; border-bottom: 1px solid @line; }
QFrame#separator { background: @line2; border: none; }
QStatusBar { background: @bg2; color: @fg2; border-top: 1px solid @line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: @fg2; padding: 0 8px; background: transparent; }
QDockWidget { color: @fg1; }
QDockWidget::title { background: @bg2; padding: 5px 12px; border-bottom: 1px solid @line; }
QWidget#dockBody, QWidget#dockTitle { background: @bg1; }
QWidget#dockTitle { background: @bg2; border-bottom: 1px solid @line; }
QLabel { color: @fg1; background: transparent; }
QLabel[role="label"], QLabel[role="hint"] { color: @fg3; }
QLabel[role="secondary"] { color: @fg2; }
QLabel[role="key"] { background: @bg3; border: 1px solid @line2; min-width: 24px; max-width: 24px; min-height: 20px; max-height: 20px; }
QLabel[role="number"] { background: @accentFill; color: @onAccent; min-width: 16px; max-width: 16px; min-height: 16px; max-height: 16px; font-weight: 600; }
QLabel[role="badge"] { color: @fg1; border: 1px solid @fg3; padding: 1px 6px; }
QFrame[role="line"] { background: @line; border: none; max-height: 1px; }
QLabel[role="problem"] { color: @dropped; }
QPushButton, QToolButton { background: @bg3; color: @fg1; border: 1px solid @line2; padding: 3px 10px; border-radius: 0; }
QPushButton:hover, QToolButton:hover { border-color: @fg3; }
QPushButton:pressed, QToolButton:pressed { background: @line2; }
QPushButton:disabled, QToolButton:disabled { color: @fg3; background: @bg2; }
QPushButton:default { border: 1px solid @accent; }
QPushButton:focus, QToolButton:focus { border: 2px solid @accent; padding: 2px 9px; }
QToolButton[role="step"] { padding: 2px; min-width: 24dp; min-height: 18dp; margin: 0; }
QToolButton[role="step"]:focus { padding: 1px; }
QToolButton[role="plain"] { background: transparent; border: none; color: @fg2; padding: 2px 4px; }
QToolButton[role="plain"]:hover { color: @fg1; }
QToolButton[role="plain"]:focus { border: 1px solid @accent; padding: 1px 3px; color: @fg1; }
QToolButton::menu-indicator { image: none; width: 0; }
QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: @bg1; color: @fg1;
  border: 1px solid @fg3; padding: 2px 6px; selection-background-color: @sel; selection-color: @fg1; border-radius: 0; }
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border: 1px solid @accent; }
QComboBox { padding-right: 22dp; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 20dp; border: none; background: transparent; }
QComboBox::down-arrow { image: url("@downArrow"); width: 10dp; height: 10dp; }
QComboBox QAbstractItemView { background: @bg2; border: 1px solid @line2; selection-background-color: @bg3; selection-color: @fg1; }
QSlider { min-height: 22px; }
QSlider::groove:horizontal { background: @line2; height: 2px; }
QSlider::sub-page:horizontal { background: @routed; height: 2px; }
QSlider::handle:horizontal { background: @fg1; width: 8px; margin: -6px 0; border: 1px solid @bg1; }
QSlider::handle:horizontal:focus { border: 2px solid @accent; width: 8px; margin: -7px 0; }
QSlider::handle:horizontal:disabled { background: @line2; }
QSlider::sub-page:horizontal:disabled { background: @line2; }
QFrame#field { border: 1px solid @line2; background: @bg1; }
QFrame#field QSpinBox { border: none; background: transparent; padding: 0 2px; }
QCheckBox, QRadioButton { color: @fg1; spacing: 8px; }
QCheckBox::indicator { width: 8px; height: 8px; border: 1px solid @fg3; padding: 2px; background: @bg1; }
QCheckBox::indicator:checked { background: @fg1; background-clip: content; background-origin: content; }
QCheckBox::indicator:focus { border-color: @accent; }
QTableView, QListView, QTreeView { background: @bg1; alternate-background-color: @bg2; color: @fg1; border: none;
  selection-background-color: @sel; selection-color: @fg1; outline: none; gridline-color: @line; }
QTableView:focus, QListView:focus, QTreeView:focus { border: 1px solid @accent; }
QTableView::item, QListView::item { padding: 0 4px; border: none; }
QHeaderView { background: @bg1; }
QHeaderView::section { background: @bg1; color: @fg3; border: none; border-bottom: 1px solid @line; padding: 2px 7px; font-weight: 400; }
QTableCornerButton::section { background: @bg1; border: none; }
QScrollBar:vertical { background: @bg1; width: 10px; margin: 0; }
QScrollBar:horizontal { background: @bg1; height: 10px; margin: 0; }
QScrollBar::handle { background: @line2; min-height: 24px; min-width: 24px; margin: 2px; }
QScrollBar::handle:hover { background: @fg3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTabBar::tab { background: @bg2; color: @fg2; border: none; border-right: 1px solid @line; padding: 5px 12px; }
QTabBar::tab:selected { background: @bg1; color: @fg1; border-top: 2px solid @accent; }
QTabBar::tab:hover { color: @fg1; }
QTabBar::tab:focus { color: @accentText; }
QProgressBar { background: @bg3; border: none; height: 4px; max-height: 4px; text-align: center; }
QProgressBar::chunk { background: @routed; }
QToolTip { background: @bg2; color: @fg1; border: 1px solid @line2; padding: 4px 8px; }
QSplitter::handle { background: @line; }
)";

constexpr int kMotionMs = 120;

// Fusion without lines under the letters of mnemonics.
class QuietStyle : public QProxyStyle {
 public:
  explicit QuietStyle(bool withoutMotion) : QProxyStyle(QStyleFactory::create("Fusion")), m_still(withoutMotion) {}
  int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                QStyleHintReturn* result) const override {
    if (hint == SH_UnderlineShortcut) return 0;
    if (hint == SH_Widget_Animation_Duration) return m_still ? 0 : kMotionMs;
    return QProxyStyle::styleHint(hint, option, widget, result);
  }

 private:
  const bool m_still;
};

}  // namespace

QColor toQt(ui::Colour colour) { return QColor(colour.r, colour.g, colour.b, colour.a); }

QPalette makePalette(const ui::Theme& theme) {
  QPalette palette;
  palette.setColor(QPalette::Window, toQt(theme.bg1));
  palette.setColor(QPalette::WindowText, toQt(theme.fg1));
  palette.setColor(QPalette::Base, toQt(theme.bg1));
  palette.setColor(QPalette::AlternateBase, toQt(theme.bg2));
  palette.setColor(QPalette::Text, toQt(theme.fg1));
  palette.setColor(QPalette::PlaceholderText, toQt(theme.fg3));
  palette.setColor(QPalette::Button, toQt(theme.bg3));
  palette.setColor(QPalette::ButtonText, toQt(theme.fg1));
  palette.setColor(QPalette::BrightText, toQt(theme.fg1));
  palette.setColor(QPalette::Highlight, toQt(theme.sel));
  palette.setColor(QPalette::HighlightedText, toQt(theme.fg1));
  palette.setColor(QPalette::ToolTipBase, toQt(theme.bg2));
  palette.setColor(QPalette::ToolTipText, toQt(theme.fg1));
  palette.setColor(QPalette::Link, toQt(theme.routed));
  palette.setColor(QPalette::Light, toQt(theme.bg3));
  palette.setColor(QPalette::Mid, toQt(theme.line2));
  palette.setColor(QPalette::Dark, toQt(theme.line));
  palette.setColor(QPalette::Shadow, toQt(theme.bg0));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, toQt(theme.fg3));
  }
  return palette;
}

QString makeStyleSheet(const ui::Theme& theme) {
  QString sheet = QString::fromUtf8(kSheet);
  const QRegularExpression growing("(\\d+)dp");
  for (QRegularExpressionMatch found = growing.match(sheet); found.hasMatch(); found = growing.match(sheet)) {
    const int pixels = qRound(theme.px(found.captured(1).toInt()));
    sheet.replace(found.capturedStart(), found.capturedLength(), QStringLiteral("%1px").arg(pixels));
  }
  // Longer names first: @line2 before @line.
  auto colours = ui::namedColours(theme);
  std::sort(colours.begin(), colours.end(), [](const auto& a, const auto& b) { return a.name.size() > b.name.size(); });
  for (const ui::NamedColour& named : colours) {
    const QString name = '@' + QString::fromUtf8(named.name.data(), static_cast<qsizetype>(named.name.size()));
    sheet.replace(name, toQt(named.colour).name());
  }
  // A picture is all that a style sheet takes for an arrow.
  const std::filesystem::path arrow = core::assetFolder() / "icons" / (theme.dark ? "down-dark.png" : "down-light.png");
  sheet.replace("@downArrow", QString::fromStdString(arrow.generic_string()));
  return sheet;
}

QFont wordFont(const ui::Theme& theme, double size, int weight) {
  return makeFont(ui::TextFont::Token, weight, qRound(theme.px(size)));
}

QFont numberFont(const ui::Theme& theme, double size, int weight) {
  return makeFont(ui::TextFont::Numbers, weight, qRound(theme.px(size)));
}

void applyStyle(QApplication& application, const ui::Theme& theme, bool withoutMotion) {
  application.setStyle(new QuietStyle(withoutMotion));
  application.setPalette(makePalette(theme));
  application.setFont(wordFont(theme));
  application.setStyleSheet(makeStyleSheet(theme));
}

}  // namespace app
