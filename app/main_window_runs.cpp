// Bookmarks, ranges, branches, comparing: what the window does with the run that is shown.
#include <QAction>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QUndoStack>

#include "app/canvas_widget.h"
#include "app/dialogs/line_dialog.h"
#include "app/dialogs/run_chooser.h"
#include "app/docks/compare_dock.h"
#include "app/go_to.h"
#include "app/main_window.h"
#include "app/run_edits.h"
#include "app/second_run.h"
#include "ui/numbers.h"
#include "ui/views/find.h"
#include "ui/views/prediction_view.h"

namespace app {

void MainWindow::goTo() {
  if (m_workbench->trace().empty()) return;
  auto* ask = new LineDialog(tr("Go to"), tr("Token, layer or expert: 22, L3, E8, or 22 L3E8"), {}, this);
  ask->onDone([this](const QString& text) {
    const auto place = goToPlace(text, m_workbench->cursor(), ui::cursorSpace(m_workbench->source().trace));
    if (place) {
      m_workbench->moveTo(*place);
    } else {
      emit m_workbench->noted(QString::fromStdString(place.error().message));
    }
  });
  ask->open();
}

void MainWindow::findAgain() {
  const auto query = ui::parseFind(m_found.toStdString());
  if (!query) return showCommands(true);
  if (const auto place = ui::findNext(m_workbench->source(), *query, m_workbench->cursor())) {
    m_workbench->moveTo(*place);
  } else {
    emit m_workbench->noted(tr("\u201C%1\u201D is not in this run.").arg(m_found));
  }
}

void MainWindow::editBookmark() {
  if (m_workbench->trace().empty()) return;
  if (!m_workbench->runId() || m_workbench->readOnly()) {
    emit m_workbench->noted(tr("Bookmarks are kept with saved runs; this one is not saved."));
    return;
  }
  const ui::Cursor at = m_workbench->cursor();
  const core::Bookmark* mark = m_bookmarks->at(at);
  const ui::ViewSource& source = m_workbench->source();
  const QString place = tr("Note for token %1 \u201C%2\u201D, %3")
                            .arg(at.token)
                            .arg(QString::fromStdString(ui::quotedToken(source.tokenAt(at.token))),
                                 QString::fromStdString(ui::placeLabel(at.layer, at.expert, source.experts())));
  auto* ask = new LineDialog(mark ? tr("Bookmark") : tr("New bookmark"), place,
                             mark ? QString::fromStdString(mark->note) : QString(), this);
  ask->onDone([this, at](const QString& note) { m_edits->setBookmark(at, note); });
  if (mark) {
    ask->addButton(tr("Remove"), "bookmarkRemove", [this, at] { m_edits->clearBookmark(storedCursor(at)); });
  }
  ask->open();
}

void MainWindow::forgetRun() {
  if (!m_workbench->runId() || m_workbench->isRemoved(*m_workbench->runId())) return;
  m_edits->remove(*m_workbench->runId());
  emit m_workbench->noted(tr("This run is not kept: it is erased when the window closes. Undo keeps it after all."));
}

void MainWindow::emptyBin() {
  auto* ask = new QMessageBox(QMessageBox::Question, tr("Erase removed runs"),
                              tr("Runs that were removed are erased for good. This cannot be undone."),
                              QMessageBox::Cancel, this);
  ask->setObjectName("emptyBin");
  ask->setAttribute(Qt::WA_DeleteOnClose);
  QPushButton* erase = ask->addButton(tr("Erase"), QMessageBox::DestructiveRole);
  erase->setObjectName("eraseForGood");
  connect(erase, &QPushButton::clicked, this, [this] {
    m_undo->clear();  // what is erased cannot come back
    m_workbench->eraseRemoved();
  });
  ask->open();
}

// From where a range was begun, or from the cursor on.
void MainWindow::extendRange(int token) {
  const int from = m_rangeBegan >= 0 ? m_rangeBegan : m_workbench->cursor().token;
  m_rangeBegan = from;
  setRange(from, token);
}

void MainWindow::dragRange(int from, int under) {
  m_rangeBegan = from;
  setRange(from, under);
}

void MainWindow::setRange(int one, int other) {
  if (one < 0) {
    m_rangeBegan = -1;
    m_instruments->clearRange();
  } else {
    m_instruments->setRange(one, other);
    const ui::TokenStripOptions& strip = m_instruments->options.strip;
    emit m_workbench->noted(tr("Tokens %1 to %2: Load counts them, Export offers them. \\ ends the range.")
                                .arg(strip.rangeFirst)
                                .arg(strip.rangeLast));
  }
  refreshPictures();
}

void MainWindow::showCompare(bool shown) {
  if (!shown) return m_compare->leave();
  m_compare->show();
  m_compare->raise();
}

void MainWindow::compareWith(std::optional<core::RunId> id) {
  if (m_workbench->trace().empty()) return;
  if (id) {
    m_second->choose(*id);
    showCompare(true);
    return;
  }
  auto* ask = new RunChooser(*m_workbench, tr("Compare with"), this);
  connect(ask, &RunChooser::chosen, this, [this](core::RunId chosen) { compareWith(chosen); });
  ask->open();
}

void MainWindow::compareDevices() {
  if (m_workbench->trace().empty()) return;
  if (const QString why = m_workbench->whyNotGenerate(); !why.isEmpty()) {
    emit m_workbench->noted(why);
    return;
  }
  showCompare(true);
  m_second->compareDevices();
}

void MainWindow::branchWith(int place) {
  if (const QString why = m_workbench->whyNotGenerate(); !why.isEmpty()) {
    emit m_workbench->noted(why);
    return;
  }
  const ui::PredictionView view =
      ui::makePredictionView(m_workbench->source(), m_workbench->cursor(), m_instruments->say());
  if (place < 0 || place >= static_cast<int>(view.rows.size())) return;
  m_workbench->branch(m_workbench->cursor().token, view.rows[static_cast<size_t>(place)].id);
}

// The likeliest tokens as a menu beside the prediction, for the keyboard.
void MainWindow::chooseBranch() {
  const ui::PredictionView view =
      ui::makePredictionView(m_workbench->source(), m_workbench->cursor(), m_instruments->say());
  if (view.rows.empty()) return;
  auto* menu = new QMenu(this);
  menu->setObjectName("branchMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  int place = 0;
  for (const ui::Candidate& candidate : view.rows) {
    QString text = QString::fromStdString(candidate.text.whole());
    text.replace('&', "&&");
    const QString chance = QString::fromStdString(ui::scoreText(candidate.probability));
    QAction* action =
        menu->addAction(QStringLiteral("%1\t%2").arg(text, chance), this, [this, place] { branchWith(place); });
    action->setCheckable(true);
    action->setChecked(candidate.actual);
    ++place;
  }
  menu->popup(m_lower->mapToGlobal(QPoint(m_lower->width() / 2, 0)));
}

}  // namespace app
