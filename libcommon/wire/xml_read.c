/* See xml_read.h. `path` holds the names of the open elements; expat matches ends with begins, so the last name of it is always the one that ends. The first
 * refusal stops the parser; expat may still call once or twice on its way out, hence `stopped`. */
#include "wire/xml_read.h"

#include "base/utf8.h"

#include <expat.h>
#include <limits.h>

#define SPACE_END '|'   /* between namespace and name, as expat hands them over; in neither of them */

struct reader {
    XML_Parser parser;
    const struct xml_handler *handler;
    void *of;
    struct xml_error *error;
    bool stopped, full;   /* full: of the text that stands here, no more is kept */
    unsigned depth;
    size_t path_size, text_size;
    char path[XML_PATH_BYTES_MAX];
    char text[XML_TEXT_BYTES_MAX];
};

static void stop(struct reader *reader, const char *why)
{
    if (reader->stopped)
        return;
    reader->stopped = true;
    *reader->error = (struct xml_error){ .line = (int64_t)XML_GetCurrentLineNumber(reader->parser), .why = why };
    XML_StopParser(reader->parser, XML_FALSE);
}

static struct slice local_name(const char *name, struct slice *space)
{
    const char *bar = strrchr(name, SPACE_END);
    *space = bar ? slice_of(name, (size_t)(bar - name)) : SLICE_NONE;
    return slice_from_text(bar ? bar + 1 : name);
}

static struct xml_element element_of(struct reader *reader, struct slice space)
{
    return (struct xml_element){ .path = slice_of(reader->path, reader->path_size), .space = space,
                                 .line = (int64_t)XML_GetCurrentLineNumber(reader->parser) };
}

static void XMLCALL on_begin(void *of, const char *name, const char **attributes)
{
    struct reader *reader = of;
    struct slice space;
    const struct slice local = local_name(name, &space);
    if (reader->stopped)
        return;
    if (reader->depth == XML_DEPTH_MAX || reader->path_size + 1 + local.size > sizeof reader->path) {
        stop(reader, "elements are nested too deeply");
        return;
    }
    if (reader->depth++ > 0)
        reader->path[reader->path_size++] = '/';
    memcpy(reader->path + reader->path_size, local.data, local.size);
    reader->path_size += local.size;
    reader->text_size = 0;
    reader->full = false;
    struct xml_element element = element_of(reader, space);
    element.attributes = attributes;
    if (reader->handler->begin && !reader->handler->begin(reader->of, &element))
        stop(reader, NULL);
}

static void XMLCALL on_end(void *of, const char *name)
{
    struct reader *reader = of;
    struct slice space;
    const struct slice local = local_name(name, &space);
    if (reader->stopped)
        return;
    struct xml_element element = element_of(reader, space);
    element.text = slice_of(reader->text, reader->text_size);
    if (reader->handler->end && !reader->handler->end(reader->of, &element))
        stop(reader, NULL);
    reader->path_size -= local.size + (reader->depth > 1);
    reader->depth--;
    reader->text_size = 0;
    reader->full = false;
}

static void XMLCALL on_text(void *of, const char *text, int size)
{
    struct reader *reader = of;
    const struct slice part = utf8_cut(slice_of(text, (size_t)size), reader->full ? 0 : sizeof reader->text - reader->text_size);
    memcpy(reader->text + reader->text_size, part.data, part.size);
    reader->text_size += part.size;
    reader->full = part.size < (size_t)size;
}

static void XMLCALL on_document_type(void *of, const char *name, const char *system, const char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    stop(of, "a document type is not accepted");
}

bool xml_read(struct arena *arena, struct slice document, const struct xml_handler *handler, void *of, struct xml_error *error)
{
    struct reader *reader = ARENA_NEW(arena, struct reader);
    *error = (struct xml_error){ .why = "it is too large" };
    XML_Parser parser = document.size <= INT_MAX ? XML_ParserCreateNS(NULL, SPACE_END) : NULL;
    if (!parser)
        return false;
    reader->parser = parser;
    reader->handler = handler;
    reader->of = of;
    reader->error = error;
    XML_SetUserData(parser, reader);
    XML_SetElementHandler(parser, on_begin, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_document_type);
    const bool whole = XML_Parse(parser, document.size ? document.data : "", (int)document.size, XML_TRUE) == XML_STATUS_OK;
    if (!whole && !reader->stopped)
        *error = (struct xml_error){ .line = (int64_t)XML_GetCurrentLineNumber(parser), .why = XML_ErrorString(XML_GetErrorCode(parser)) };
    XML_ParserFree(parser);
    return whole && !reader->stopped;
}

struct slice xml_attribute(const struct xml_element *element, const char *name)
{
    for (const char **at = element->attributes; at && *at; at += 2)
        if (strcmp(*at, name) == 0)
            return slice_from_text(at[1]);
    return SLICE_NONE;
}
