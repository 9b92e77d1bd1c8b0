/* binxml_fields.h: which field of an event an element or attribute of a Windows event is. */
#pragma once
#include "timeline/event.h"

enum binxml_rule {
    BINXML_PUT,   /* its text is the value of the field */
    BINXML_TIME,  /* when it happened */
    BINXML_LEVEL, /* a number, whose name is log.level */
    BINXML_PARAM, /* it has no name: winlog.event_data.param1 and so on */
    BINXML_PASS,  /* it says nothing */
};
struct binxml_target {
    uint8_t rule;
    uint16_t field;
};
/* path is that of the element, "Event/System/Provider"; attribute is empty for its text. */
struct binxml_target binxml_target(struct field_names *names, struct str path,
                                   struct str attribute);
/* Of a Data element with that name. */
struct binxml_target binxml_data_target(struct field_names *names, struct str name);
