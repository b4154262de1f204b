"""What the tests of the grid see of it, and where they put their hands."""

from io import BytesIO

from openpyxl import load_workbook

DESK = "/shops/AMUSE_official/claims/"


def row(page, number):
    return page.locator(f'tr[data-row="{number}-1"]')


def box(page, number):
    return page.get_by_label(f"注文 {number} を選択")


def checked(page):
    return page.locator("#grid tbody input:checked").evaluate_all(
        "boxes => boxes.map(box => box.value.slice(0, -2))"
    )


def shown(page):
    return page.locator("#grid [data-open]").all_text_contents()


def focused_row(page):
    return page.evaluate("document.activeElement.dataset.row?.slice(0, -2)")


def heads(page):
    return [text.strip(" ▲▼\n") for text in page.locator("#grid thead th").all_inner_texts()][1:]


def results(page):
    cells = page.locator(".bulk-table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].slice(0, 2).map(cell => cell.innerText))"
    )
    return dict(cells)


def column(download):
    sheet = load_workbook(BytesIO(download.path().read_bytes())).active
    head, *rows = sheet.iter_rows(values_only=True)
    return sorted(row[head.index("注文番号")] for row in rows)
