/* source_ata.h: what an ATA device hides, and how its answers are read. */
#pragma once
#include "acquire/source_open.h"

enum { ATA_SIZE = 512 };

/* Sends one ATA PASS-THROUGH (16) (SAT-3) and waits. data: NULL, or ATA_SIZE bytes of answer.
 * False: it could not be sent, or nothing came back. */
struct ata_transport {
    bool (*send)(void *context, uint8_t cdb[16], uint8_t *data, uint8_t sense[32]);
    void *context;
};

/* Fills native_size and factory_size, and says in note what is hidden or cannot be told. */
void device_native_size(int fd, struct source_facts *f);
void ata_native_size(const struct ata_transport *t, struct source_facts *f);
/* Sectors up to the native maximum address, from the sense data of READ NATIVE MAX ADDRESS EXT
 * (SAT-3, ATA Status Return descriptor); 0: it tells none. */
uint64_t ata_native_sectors(const uint8_t sense[32]);
/* Whether the Device Configuration Overlay feature set is there (ATA/ATAPI-7 and ACS-2, IDENTIFY
 * DEVICE, word 83: bits 15:14 are 01b, bit 11). */
bool ata_has_configuration(const uint8_t identity[ATA_SIZE]);
/* Sectors that it was made with, from the answer to DEVICE CONFIGURATION IDENTIFY (ATA/ATAPI-7,
 * Device Configuration Identify data structure: word 0 revision, words 3 to 6 maximum LBA, word 255
 * A5h and a checksum that makes the sum of all bytes 0); 0: it tells none. */
uint64_t ata_factory_sectors(const uint8_t data[ATA_SIZE]);
