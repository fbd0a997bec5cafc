#include "CYAML.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

// libyaml tells events in a union of structs; a flat one is what Swift can read without casts.

struct cyaml_parser {
  yaml_parser_t parser;
  yaml_event_t event;
  int has_event;
};

cyaml_parser *cyaml_open(const uint8_t *octets, size_t count) {
  cyaml_parser *self = calloc(1, sizeof *self);
  if (self == NULL) return NULL;
  if (!yaml_parser_initialize(&self->parser)) {
    free(self);
    return NULL;
  }
  yaml_parser_set_input_string(&self->parser, octets, count);
  return self;
}

static void forget(cyaml_parser *self) {
  if (self->has_event) yaml_event_delete(&self->event);
  self->has_event = 0;
}

int cyaml_next(cyaml_parser *self, cyaml_event *out) {
  forget(self);
  memset(out, 0, sizeof *out);
  for (;;) {
    if (!yaml_parser_parse(&self->parser, &self->event)) return 0;
    self->has_event = 1;
    yaml_event_t *event = &self->event;
    out->line = event->start_mark.line;
    out->column = event->start_mark.column;
    switch (event->type) {
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
      forget(self);
      continue;
    case YAML_DOCUMENT_START_EVENT: out->kind = CYAML_DOCUMENT; return 1;
    case YAML_SCALAR_EVENT:
      out->kind = CYAML_SCALAR;
      out->text = event->data.scalar.value;
      out->count = event->data.scalar.length;
      out->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
      out->anchor = (const char *)event->data.scalar.anchor;
      out->tag = (const char *)event->data.scalar.tag;
      return 1;
    case YAML_SEQUENCE_START_EVENT:
      out->kind = CYAML_SEQUENCE;
      out->anchor = (const char *)event->data.sequence_start.anchor;
      out->tag = (const char *)event->data.sequence_start.tag;
      return 1;
    case YAML_MAPPING_START_EVENT:
      out->kind = CYAML_MAPPING;
      out->anchor = (const char *)event->data.mapping_start.anchor;
      out->tag = (const char *)event->data.mapping_start.tag;
      return 1;
    case YAML_ALIAS_EVENT:
      out->kind = CYAML_ALIAS;
      out->anchor = (const char *)event->data.alias.anchor;
      return 1;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: out->kind = CYAML_CLOSE; return 1;
    case YAML_STREAM_END_EVENT:
    default: out->kind = CYAML_END; return 1;
    }
  }
}

const char *cyaml_problem(const cyaml_parser *self, size_t *line, size_t *column, size_t *offset) {
  const yaml_parser_t *parser = &self->parser;
  *line = parser->problem_mark.line;
  *column = parser->problem_mark.column;
  *offset = SIZE_MAX;
  if (parser->error == YAML_MEMORY_ERROR) return "out of memory";
  // The reader is ahead of the marks, and knows only octets.
  if (parser->error == YAML_READER_ERROR) *offset = parser->problem_offset;
  return parser->problem == NULL ? "not understood" : parser->problem;
}

void cyaml_close(cyaml_parser *self) {
  forget(self);
  yaml_parser_delete(&self->parser);
  free(self);
}
