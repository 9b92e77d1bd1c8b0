/* collection_name.h: what the name of a member says of a collection: which tool wrote it, which
 * artefact's rows it holds, which file of the host it is a copy of, and whether it is read.
 * Internal to the reading of collections.
 *
 * Names are hostile. They are compared, and nothing else: none becomes a path. */
#pragma once
#include "base/str.h"

enum collection_tool {
    COLLECTION_UNKNOWN,
    COLLECTION_BUNDLE,
    COLLECTION_UAC,
    COLLECTION_VELOCIRAPTOR,
    COLLECTION_TOOL_COUNT
};

struct collection_name {
    enum collection_tool tool;
    bool is_sure; /* no other tool writes such a name */
    bool is_read;
};
/* False: it says nothing. With a tool only what this one writes is looked for. */
bool collection_name_look(enum collection_tool tool, struct str name, struct collection_name *out);

/* The path on the host, without a leading slash, of the file that the member is a copy of; empty
 * where it is none. It lies in name or in *decoded. */
struct str collection_host_path(enum collection_tool tool, struct str name, struct buf *decoded);
/* "Linux.Network.Netstat": whose rows a member of a Velociraptor collection holds; empty where it
 * holds none. The same of where it lies. */
struct str collection_artefact(struct str name, struct buf *decoded);
