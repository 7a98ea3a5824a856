"""Offers as real telephones write them, with addresses and keys of documentation."""

BARESIP = """\
v=0
o=- 3907415271 3907415272 IN IP4 192.0.2.2
s=-
c=IN IP4 192.0.2.2
t=0 0
a=tool:baresip 1.1.0
m=audio 17240 RTP/AVP 96 9 0 8 101
b=AS:125
a=rtpmap:96 opus/48000/2
a=fmtp:96 stereo=1;sprop-stereo=1
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:17241
a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^31
a=crypto:3 AEAD_AES_256_GCM inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=
a=ssrc:4098127489 cname:sip:bob@192.0.2.2
a=label:1
a=rtcp-rsize
a=sendrecv
a=ptime:20
"""

ASTERISK = """\
v=0
o=- 1650443218 1650443218 IN IP4 192.0.2.2
s=Asterisk
c=IN IP4 192.0.2.2
t=0 0
m=audio 11882 RTP/SAVP 107 9 0 101
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj
a=rtpmap:107 opus/48000/2
a=fmtp:107 useinbandfec=1
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:60
a=sendrecv
"""

YEALINK = """\
v=0
o=- 20044 20044 IN IP4 192.0.2.2
s=SDP data
c=IN IP4 192.0.2.2
t=0 0
m=audio 11780 RTP/AVP 9 0 8 18 101
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=ptime:20
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj
a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj
a=crypto:3 F8_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj
a=sendrecv
"""

LINPHONE = """\
v=0
o=bob 2461 1433 IN IP6 2001:db8::2
s=Talk
c=IN IP6 2001:db8::2
t=0 0
a=ice-pwd:6a3a8cea2f4a7a4d7c0a6d11
a=ice-ufrag:b2e4a1c9
a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
a=record:off
m=audio 7078 RTP/AVPF 96 97 98 0 8 99 100
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 speex/16000
a=fmtp:97 vbr=on
a=rtpmap:98 speex/8000
a=fmtp:98 vbr=on
a=rtpmap:99 telephone-event/48000
a=rtpmap:100 telephone-event/8000
a=rtcp:7079
a=candidate:1 1 UDP 2130706431 2001:db8::2 7078 typ host
a=rtcp-fb:* trr-int 5000
a=rtcp-fb:* ccm tmmbr
m=video 9078 RTP/AVPF 96
a=rtpmap:96 VP8/90000
a=rtcp:9079
"""

TWO_STREAMS = """\
v=0
o=SipGateway 1 1 IN IP4 192.0.2.2
s=-
c=IN IP4 192.0.2.2
t=0 0
m=audio 4000 RTP/AVP 0 101
a=rtpmap:101 telephone-event/8000
m=audio 4002 RTP/SAVP 0 101
a=rtpmap:101 telephone-event/8000
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^48
"""
"""A gateway that offers its one stream twice, plain and encrypted."""

OLD_GATEWAY = """\
v=0
o=CiscoSystemsSIP-GW-UserAgent 5597 7982 IN IP4 192.0.2.2
s=SIP Call
m=audio 16462 RTP/AVP 18 0 100 19
a=rtpmap:18 G729/8000
a=rtpmap:100 X-NSE/8000
a=fmtp:100 192-194,200-202
a=rtpmap:19 CN/8000
a=ptime:10
c=IN IP4 192.0.2.2
"""
"""No t=, c= after the attributes, LF line ends, a reserved payload type."""

OFFERS = {
    "baresip": BARESIP,
    "asterisk": ASTERISK,
    "yealink": YEALINK,
    "linphone": LINPHONE,
    "two streams": TWO_STREAMS,
    "old gateway": OLD_GATEWAY,
}
