/* Attributes as text. */
#include "mlir/types.h"

static void print_quoted(tr_str text, tr_text *out)
{
    tr_text_puts(out, "\"");
    size_t copied = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 32 && c < 127 && c != '"' && c != '\\') continue;
        tr_text_append(out, (tr_str){ text.data + copied, i - copied });
        tr_text_printf(out, c == '\\' ? "\\\\" : "\\%02X", c);
        copied = i + 1;
    }
    tr_text_append(out, (tr_str){ text.data + copied, text.size - copied });
    tr_text_puts(out, "\"");
}
void tr_attr_print(const tr_attr *attr, tr_text *out)
{
    if (attr->kind == TR_ATTR_STRING) print_quoted(attr->text, out); else tr_text_append(out, attr->text);
}
