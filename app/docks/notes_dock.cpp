#include "app/docks/notes_dock.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QPlainTextEdit>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "app/models/bookmark_model.h"

namespace app {
namespace {

constexpr int kPad = 12;

// Place and token, then the note.
class BookmarkDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const QPalette& palette = option.palette;
    painter->save();
    painter->fillRect(option.rect, palette.color(option.state.testFlag(QStyle::State_Selected)    ? QPalette::Highlight
                                                 : option.state.testFlag(QStyle::State_MouseOver) ? QPalette::Button
                                                                                                  : QPalette::Base));
    painter->setFont(option.font);
    const int line = option.fontMetrics.height();
    QRect first = option.rect.adjusted(kPad, 4, -kPad, 0);
    first.setHeight(line);
    const QString place = index.data(Qt::DisplayRole).toString();
    painter->setPen(palette.color(QPalette::PlaceholderText));
    painter->drawText(first, Qt::AlignVCenter, place);
    QRect text = first;
    text.setLeft(first.left() + option.fontMetrics.horizontalAdvance(place) + kPad);
    painter->setPen(palette.color(QPalette::Text));
    painter->drawText(
        text, Qt::AlignVCenter,
        option.fontMetrics.elidedText(index.data(BookmarkModel::TextRole).toString(), Qt::ElideMiddle, text.width()));
    const QRect second = first.translated(0, line + 1);
    painter->drawText(
        second, Qt::AlignVCenter,
        option.fontMetrics.elidedText(index.data(BookmarkModel::NoteRole).toString(), Qt::ElideRight, second.width()));
    painter->restore();
  }

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {200, 2 * option.fontMetrics.height() + 9};
  }
};

QLabel* label(const QString& text) {
  auto* words = new QLabel(text);
  words->setProperty("role", "label");
  return words;
}

}  // namespace

NotesDock::NotesDock(Workbench& workbench, Bookmarks& bookmarks, RunEdits& edits, QWidget* parent)
    : Dock(tr("Notes and bookmarks"), "notesDock", parent), m_workbench(workbench), m_edits(edits) {
  setSubtitle(tr("Ctrl B"));
  m_model = new BookmarkModel(workbench, bookmarks, this);
  m_list = new QListView;
  m_list->setObjectName("bookmarkList");
  m_list->setAccessibleName(tr("Bookmarks"));
  m_list->setModel(m_model);
  m_list->setItemDelegate(new BookmarkDelegate(m_list));
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->installEventFilter(this);
  body()->addWidget(m_list, 2);
  m_empty = label(tr("No bookmark yet. Ctrl B keeps this place, with a note."));
  m_empty->setObjectName("noBookmark");
  m_empty->setWordWrap(true);
  m_empty->setMargin(kPad);
  body()->addWidget(m_empty);

  auto* words = new QVBoxLayout;
  words->setContentsMargins(kPad, 8, kPad, kPad);
  words->setSpacing(4);
  m_note = new QPlainTextEdit;
  m_note->setObjectName("runNote");
  m_note->setAccessibleName(tr("Note of the run"));
  m_note->setPlaceholderText(tr("What is worth remembering of this run"));
  m_note->setTabChangesFocus(true);
  m_note->installEventFilter(this);
  m_note->setMinimumHeight(48);
  m_tags = new QLineEdit;
  m_tags->setObjectName("runTags");
  m_tags->setAccessibleName(tr("Tags of the run"));
  m_tags->setPlaceholderText(tr("Tags, with commas between"));
  words->addWidget(label(tr("Note")));
  words->addWidget(m_note, 1);
  words->addWidget(label(tr("Tags")));
  words->addWidget(m_tags);
  body()->addLayout(words, 1);

  connect(m_list, &QListView::activated, this, &NotesDock::go);
  connect(m_list, &QListView::clicked, this, &NotesDock::go);
  connect(m_tags, &QLineEdit::editingFinished, this, &NotesDock::keepWords);
  connect(&bookmarks, &Bookmarks::changed, this, &NotesDock::showBookmarks);
  connect(&workbench, &Workbench::sessionsChanged, this, &NotesDock::showRun);
  connect(&workbench, &Workbench::traceChanged, this, &NotesDock::showRun);
  showRun();
  showBookmarks();
}

void NotesDock::showBookmarks() {
  m_list->setVisible(m_model->rowCount() > 0);
  m_empty->setVisible(m_model->rowCount() == 0);
}

void NotesDock::showRun() {
  const std::optional<core::RunRow>& row = m_workbench.row();
  const bool another = (row ? std::optional(row->id) : std::nullopt) != m_run;
  m_run = row ? std::optional(row->id) : std::nullopt;
  m_note->setEnabled(row.has_value() && !m_workbench.readOnly());
  m_tags->setEnabled(m_note->isEnabled());
  if (another || !m_note->hasFocus()) {
    const QString note = row ? QString::fromStdString(row->note) : QString();
    if (m_note->toPlainText() != note) m_note->setPlainText(note);
  }
  if (another || !m_tags->hasFocus()) {
    QStringList tags;
    if (row) {
      for (const std::string& tag : row->tags) tags << QString::fromStdString(tag);
    }
    m_tags->setText(tags.join(", "));
  }
}

void NotesDock::keepWords() {
  if (!m_run) return;
  m_edits.setNote(*m_run, m_note->toPlainText());
  m_edits.setTags(*m_run, m_tags->text().split(',', Qt::SkipEmptyParts));
}

void NotesDock::go(const QModelIndex& index) {
  if (const core::Bookmark* mark = m_model->at(index)) m_workbench.moveTo(cursorOf(mark->at));
}

// Delete removes a bookmark; a note is kept when the keyboard leaves it.
bool NotesDock::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_note && event->type() == QEvent::FocusOut) keepWords();
  if (watched == m_list && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    const core::Bookmark* mark = m_model->at(m_list->currentIndex());
    if (mark && key == Qt::Key_Delete) {
      m_edits.clearBookmark(core::StoredCursor(mark->at));
      return true;
    }
  }
  return Dock::eventFilter(watched, event);
}

}  // namespace app
