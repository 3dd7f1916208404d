/* See pdf.h. libhpdf's memory goes with the arena. Suspends while the thread works. */
#include "doc/pdf.h"

#include "gen/problems.h"
#include "io/threads.h"

struct task {
    struct arena *arena;
    const char *title;
    pdf_draw *draw;
    const void *of;
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
    task->draw(&task->layout, task->of);
    if (!task->layout.failed)
        HPDF_SaveToStream(task->layout.doc);
}

static struct slice bytes_of(struct arena *arena, struct pdf_layout *layout)
{
    HPDF_UINT32 size = layout->failed ? 0 : HPDF_GetStreamSize(layout->doc);
    char *bytes = arena_alloc(arena, (size_t)size + 1);
    if (size && HPDF_ReadFromStream(layout->doc, (HPDF_BYTE *)bytes, &size) != HPDF_OK && layout->failed)
        return SLICE_NONE;
    return size ? slice_of(bytes, size) : SLICE_NONE;
}

struct slice pdf_make(struct work *w, struct arena *arena, const char *title, pdf_draw *draw, const void *of)
{
    struct task *task = ARENA_NEW(arena, struct task);
    *task = (struct task){ .arena = arena, .title = title, .draw = draw, .of = of };
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
