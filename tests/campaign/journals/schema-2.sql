PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE campaign (
    name       TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    created_at REAL NOT NULL
);
INSERT INTO "campaign" VALUES('spring','a local gateway',1750000000.0);
CREATE TABLE message (
    key             TEXT NOT NULL UNIQUE,
    recipient       TEXT NOT NULL,
    channel         TEXT NOT NULL,
    state           TEXT NOT NULL,
    foreign_id      TEXT,
    digest          TEXT NOT NULL,
    step            INTEGER NOT NULL DEFAULT 0,
    line            INTEGER,
    run             INTEGER NOT NULL REFERENCES run(id),
    intent_at       REAL,
    due_at          REAL,
    result_at       REAL,
    message_id      TEXT,
    segments        INTEGER,
    price_micro_eur INTEGER,
    code            INTEGER,
    reason          TEXT,
    error           TEXT,
    delivery        TEXT,
    delivery_at     REAL,
    text            TEXT
, is_own_reference INTEGER, text_mark TEXT, attempts INTEGER NOT NULL DEFAULT 1, boot_id TEXT, boot_s REAL, gateway_at REAL, absent_at REAL);
INSERT INTO "message" VALUES('491701000001/sms','+491701000001','sms','accepted','0928e5a0fec36130c979600000000001','6b3814ca6673c73037a6d8545ec74dfb',0,NULL,5,1750000000.0,NULL,1750000000.0,'77000000001',1,75000,NULL,NULL,NULL,NULL,NULL,NULL,1,NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "message" VALUES('491701000002/sms','+491701000002','sms','accepted','0928e5a0fec36130c979600000000001','6b3814ca6673c73037a6d8545ec74dfb',0,NULL,5,1750000000.0,NULL,1750000000.0,'77000000002',1,75000,NULL,NULL,NULL,NULL,NULL,NULL,1,NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "message" VALUES('4915550000202/sms','+4915550000202','sms','rejected','0928e5a0fec36130c979600000000001','6b3814ca6673c73037a6d8545ec74dfb',0,NULL,1,1750000000.0,NULL,1750000000.0,NULL,1,0,202,'InvalidParameterError 202','POST /sms: code 202, the recipient''s number is invalid; “Invalid recipient”',NULL,NULL,NULL,1,NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "message" VALUES('491701000006/rcs','+491701000006','rcs','unknown','060f1641ff2a1ec335dacc0000000001','2c2404731c55ce9f4af47b7e5f515076',0,NULL,5,1750000060.0,NULL,1750000060.0,NULL,NULL,NULL,NULL,'TransportError','POST /rcs/messages may have been processed, its outcome is not known (POST /rcs/messages: the exchange broke off (RemoteProtocolError)); do not repeat it blindly, ask reconcile() (foreign_id 060f1641ff2a1ec335dacc0000000001)',NULL,NULL,NULL,1,NULL,1,NULL,NULL,NULL,1750086461.008);
INSERT INTO "message" VALUES('491701000003/sms','+491701000003','sms','unknown','060f1641ff2a1ec335dacc0000000002','6b3814ca6673c73037a6d8545ec74dfb',0,NULL,5,1750000060.0,NULL,1750000060.0,NULL,NULL,NULL,NULL,'TransportError','POST /sms may have been processed, its outcome is not known (POST /sms: the exchange broke off (RemoteProtocolError)); do not repeat it blindly, ask reconcile() (foreign_id 060f1641ff2a1ec335dacc0000000002)',NULL,NULL,NULL,1,NULL,1,NULL,NULL,NULL,1750086461.008);
INSERT INTO "message" VALUES('491701000004/sms','+491701000004','sms','intent','060f1641ff2a1ec335dacc0000000002','6b3814ca6673c73037a6d8545ec74dfb',0,NULL,5,1750000060.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,NULL,1,NULL,NULL,NULL,1750086461.008);
INSERT INTO "message" VALUES('491701000005/sms','+491701000005','sms','unknown','order-5','c8dbb78b0798d83572535dc097ca5d60',0,NULL,5,1750000060.0,NULL,1750000060.0,NULL,NULL,NULL,NULL,'TransportError','POST /sms may have been processed, its outcome is not known (POST /sms: the exchange broke off (RemoteProtocolError)); do not repeat it blindly, ask reconcile() (foreign_id order-5)',NULL,NULL,NULL,0,NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "message" VALUES('491701000008/sms','+491701000008','sms','unknown','order-8','c8dbb78b0798d83572535dc097ca5d60',0,NULL,5,1750000060.0,NULL,1750000060.0,NULL,NULL,NULL,NULL,'TransportError','POST /sms may have been processed, its outcome is not known (POST /sms: the exchange broke off (RemoteProtocolError)); do not repeat it blindly, ask reconcile() (foreign_id order-8)',NULL,NULL,'Your order',0,'2ecac1cd00a2353bc30e7fabc253d6b7',1,NULL,NULL,NULL,1750086461.008);
INSERT INTO "message" VALUES('491701000007/sms','+491701000007','sms','accepted','b506f2f62d774cb786db340000000002','feba2fe94bb21ebbfb615b86-',0,NULL,5,1750086460.0,NULL,1750086460.0,'77000000007',1,75000,NULL,NULL,NULL,NULL,NULL,NULL,1,NULL,1,NULL,NULL,1750086461.027,NULL);
CREATE TABLE refused (
    run       INTEGER NOT NULL REFERENCES run(id),
    line      INTEGER,
    recipient TEXT NOT NULL,
    reason    TEXT NOT NULL
);
INSERT INTO "refused" VALUES(1,NULL,'12','the number is too short');
CREATE TABLE run (
    id         INTEGER PRIMARY KEY,
    started_at REAL NOT NULL,
    ended_at   REAL,
    ending     TEXT,
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    total      INTEGER,
    duplicates INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "run" VALUES(1,1750000000.0,1750000000.0,'complete','sender-1',4711,4,0);
INSERT INTO "run" VALUES(2,1750000060.0,NULL,NULL,'sender-1',4711,4,0);
INSERT INTO "run" VALUES(3,1750000060.0,1750000060.0,'complete','sender-1',4711,1,0);
INSERT INTO "run" VALUES(4,1750000060.0,1750000060.0,'complete','sender-1',4711,1,0);
INSERT INTO "run" VALUES(5,1750086460.0,1750086460.0,'complete','sender-1',4711,8,0);
CREATE INDEX message_by_id ON message(message_id) WHERE message_id IS NOT NULL;
CREATE INDEX refused_by_run ON refused(run);
COMMIT;
