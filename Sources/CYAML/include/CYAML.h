#pragma once
#include <stddef.h>
#include <stdint.h>

// libyaml's events, without its unions: see yaml.c.

typedef struct cyaml_parser cyaml_parser;

enum cyaml_kind {
  CYAML_END = 0,
  CYAML_DOCUMENT = 1,
  CYAML_SCALAR = 2,
  CYAML_SEQUENCE = 3,
  CYAML_MAPPING = 4,
  CYAML_CLOSE = 5,
  CYAML_ALIAS = 6,
};

typedef struct {
  int32_t kind;
  // From 0.
  size_t line, column;
  // A scalar's text; else null. Valid until the next call.
  const uint8_t *text;
  size_t count;
  // A scalar without quotes, which may stand for something else than text.
  int32_t is_plain;
  // Of an anchor or an alias, else null. Valid until the next call.
  const char *anchor;
  // A tag other than the ones a plain document implies, else null. Valid until the next call.
  const char *tag;
} cyaml_event;

// Reads `count` octets, which must stay where they are until cyaml_close. Null for want of memory.
cyaml_parser *cyaml_open(const uint8_t *octets, size_t count);
// 1 and the next event, or 0: what is wrong stands in cyaml_problem.
int cyaml_next(cyaml_parser *parser, cyaml_event *event);
// After a 0: libyaml's words, and the place: line and column, or, where it is not SIZE_MAX, the offset in octets.
const char *cyaml_problem(const cyaml_parser *parser, size_t *line, size_t *column, size_t *offset);
void cyaml_close(cyaml_parser *parser);
