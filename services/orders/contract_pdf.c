/* See contract_pdf.h. What the thread works on is in an arena of its own, which outlives a waiter whose deadline passed; libhpdf's memory goes with
 * it. Suspends while the thread works. */
#include "contract_pdf.h"

#include "contract_words.h"
#include "gen/problems.h"
#include "io/threads.h"
#include "pdf_markdown.h"

struct task {
    struct arena *arena;
    struct slice text, evidence, footer, page, of;
    const char *title;
    struct pdf_layout layout;
};

static void task_free(void *arg)
{
    struct task *task = arg;
    if (task->layout.doc)
        HPDF_Free(task->layout.doc);
    arena_free(task->arena);
}

static void draw_on_thread(void *arg)
{
    struct task *task = arg;
    pdf_open(&task->layout, task->title);
    pdf_markdown(&task->layout, task->text);
    pdf_markdown(&task->layout, task->evidence);
    pdf_finish(&task->layout, task->footer, task->page, task->of);
    if (!task->layout.failed)
        HPDF_SaveToStream(task->layout.doc);
}

static struct task *task_new(struct slice text, const struct contract_evidence *evidence)
{
    struct arena *arena = arena_new();
    struct task *task = ARENA_NEW(arena, struct task);
    task->arena = arena;
    task->text = arena_copy(arena, text);
    task->evidence = contract_evidence_text(arena, evidence);
    task->footer = arena_printf(arena, "%.*s  SHA-256 %.*s", SLICE_FMT(evidence->contract_id), SLICE_FMT(evidence->text_sha256));
    task->page = contract_word(WORD_page, evidence->spanish);
    task->of = contract_word(WORD_of_pages, evidence->spanish);
    task->title = contract_word(WORD_title, evidence->spanish).data;
    return task;
}

static struct slice bytes_of(struct arena *arena, struct pdf_layout *layout)
{
    HPDF_UINT32 size = layout->failed ? 0 : HPDF_GetStreamSize(layout->doc);
    char *bytes = arena_alloc(arena, (size_t)size + 1);
    if (size && HPDF_ReadFromStream(layout->doc, (HPDF_BYTE *)bytes, &size) != HPDF_OK && layout->failed)
        return SLICE_NONE;
    return size ? slice_of(bytes, size) : SLICE_NONE;
}

struct slice contract_pdf(struct work *w, struct slice text, const struct contract_evidence *evidence)
{
    struct task *task = task_new(text, evidence);
    const enum result result = thread_run_owned(draw_on_thread, task, task_free, w->deadline_us);
    if (result != RESULT_OK) {
        if (result == RESULT_BUSY)
            task_free(task);   /* never queued */
        work_fail(w, &PROBLEM_overloaded, "too many documents at once");
        w->failure.retry_after_s = 1;
        return SLICE_NONE;
    }
    const struct slice pdf = bytes_of(w->arena, &task->layout);
    task_free(task);
    if (slice_is_none(pdf))
        work_fail(w, &PROBLEM_unavailable, "the document could not be made");
    return pdf;
}
