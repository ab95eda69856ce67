/* tests/unit/recipient-values.h: printed by recipient-values.py; do not edit. */
static const char value_passphrase[] = "\123\143\150\154\303\274\163\163\145\154\040\071";
static const guint8 value_secret[32] = {
  11, 31, 65, 113, 175, 251, 85, 189, 51, 183, 73, 233, 151, 83, 29, 245, 219, 207, 209, 225, 255, 43, 101, 173,
  3, 103, 217, 89, 231, 131, 45, 229,
};
static const guint8 value_public[32] = {
  128, 143, 248, 194, 200, 200, 246, 103, 166, 127, 141, 154, 113, 78, 129, 91, 129, 33, 12, 223, 39, 65, 112, 121,
  27, 254, 101, 17, 115, 205, 188, 50,
};
static const guint8 value_other[32] = {
  12, 32, 66, 114, 176, 252, 86, 190, 52, 184, 74, 234, 152, 84, 30, 246, 220, 208, 210, 226, 0, 44, 102, 174,
  4, 104, 218, 90, 232, 132, 46, 230,
};
static const guint8 value_file_key[32] = {
  2, 22, 56, 104, 166, 242, 76, 180, 42, 174, 64, 224, 142, 74, 20, 236, 210, 198, 200, 216, 246, 34, 92, 164,
  250, 94, 208, 80, 222, 122, 36, 220,
};
static const guint8 value_sealed[80] = {
  18, 227, 14, 193, 15, 93, 83, 234, 212, 173, 54, 91, 177, 157, 160, 70, 124, 13, 58, 6, 53, 113, 62, 49,
  91, 42, 13, 0, 22, 7, 189, 77, 172, 77, 46, 241, 161, 98, 231, 63, 145, 76, 147, 28, 7, 203, 155, 87,
  81, 101, 184, 143, 121, 154, 188, 27, 49, 180, 105, 14, 45, 21, 29, 215, 28, 142, 9, 26, 80, 244, 220, 100,
  238, 27, 26, 238, 163, 212, 75, 166,
};
static const char value_public_line[] = "cncpub1gI_4wsjI9memf42acU6BW4EhDN8nQXB5G_5lEXPNvDIPey68";
static const char value_open_line[] = "cncsec1Cx9Bca_7Vb0zt0npl1Md9dvP0eH_K2WtA2fZWeeDLeVaLXCZ";
static const char value_locked_line[] = "cnclock1ARU3Z6XxS7MprT_fjUkT6wEAAAAAAAEAQQ_eJ9Gj9Q_2hbFCSZ2Vli_wWDervzRRxmtvxJRmO6cDFzlpp_NNtSuvQeGPSxXt08fJ2fcjXaXV8a64H6piPLeN2koQPPi94te3-zB53_YZ-p9Y5zA9bwzd35xeSssDOGFRf8I-_KQNEXE7";
static const char value_costly_line[] = "cnclock1ARU3Z6XxS7MprT_fjUkT6xEAAAAAAAEAQQ_eJ9Gj9Q_2hbFCSZ2Vli_wWDervzRRxmtvxJRmO6cDFzlpp_NNtSuvQeGPSxXt08fJ2fcjXaXV8a64H6piPLeN2koQPPi94te3-zB53_YZ-p9Y5zA9bwzd35xeSssDOGFRf8I-_KQ4AEx8";
static const char value_altered_line[] = "cnclock1ARU3Z6XxS7MprT_fjUkT6wEAAAAAAAEAQQ_eJ9Gj9Q_2hbFCSZ2Vli_wWDervzRRxmtvxJRmO6cDFzlpp_NNtSuvQeGPSxXt08fJ2fcjXaXU8a64H6piPLeN2koQPPi94te3-zB53_YZ-p9Y5zA9bwzd35xeSssDOGFRf8I-_KQxGQj8";
static const char value_fingerprint[] = "f8ad 342d 1841 6071 acb0";
