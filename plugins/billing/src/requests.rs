//! What the plugin answers itself.

use tenon_sdk::{
    Body, Created, Date, Decimal, Document, Path, Problem, Query, Reason, Response, Result, Ulid, data, database, host, json, params,
    records,
};

use crate::money::Cents;
use crate::year;

/// What is said of a new invoice.
#[data]
pub(crate) struct NewInvoice {
    /// What it is found by, if the client chooses that.
    id: Option<Ulid>,
    /// The order.
    order_id: Ulid,
    /// How much is owed, to the cent; left out, all that is not invoiced yet.
    amount: Option<Decimal>,
    /// When it must be paid.
    due_on: Option<Date>,
    /// Labels.
    #[serde(default)]
    tags: Vec<String>,
}

/// Makes out an invoice, over no more than what of the order is not invoiced yet.
pub(crate) fn create(Body(new): Body<NewInvoice>) -> Result<Created> {
    let order = database::row::<(f64, String)>("SELECT total_amount, status FROM orders WHERE id = ?", params![&new.order_id])?;
    let (total, status) = order.ok_or_else(no_order)?;
    if status == "cancelled" {
        return Err(Problem::new(409, "order-cancelled", "the order was cancelled, so nothing is owed for it"));
    }
    let sql = "SELECT coalesce(sum(CAST(round(amount * 100) AS INTEGER)), 0) FROM invoices WHERE order_id = ? AND status <> 'void'";
    let invoiced = database::value(sql, params![&new.order_id])?.unwrap_or_default();
    let amount = owed(Cents::of_total(total), Cents(invoiced), new.amount.as_ref())?;
    let number = next_number(year::of(host::now_ms()))?;
    let NewInvoice { id, order_id, due_on, tags, .. } = new;
    let invoice = json!({ "id": id, "order_id": order_id, "number": number, "amount": amount.decimal(), "due_on": due_on, "tags": tags });
    records::create("invoices", &invoice).map(Created)
}

/// Why an invoice cannot be changed so, for OpenAPI.
pub(crate) const NOT_BACK: &str = "The status goes from open to paid to void, and never back.";

/// Replaces or updates an invoice: as the host does it, with a status that only goes forward. What is void is no longer owed, and must not
/// come back after something else was invoiced in its place.
pub(crate) fn change(Path(id): Path<Ulid>) -> Result<Response> {
    let before = status(&id)?;
    let changed = records::forward()?;
    if status(&id)? < before {
        let reason = Reason::body("/status", "back", "must be the one that it has, or a later one of open, paid, void");
        return Err(Problem::new(409, "status-back", "the status of an invoice never goes back").reason(reason));
    }
    Ok(changed)
}

/// How far an invoice is; none where there is no such invoice.
fn status(id: &Ulid) -> Result<Option<Status>> {
    let status = database::value::<String>("SELECT status FROM invoices WHERE id = ?", params![id])?;
    Ok(status.map(|status| match status.as_str() {
        "open" => Status::Open,
        "paid" => Status::Paid,
        _ => Status::Void,
    }))
}

/// How much an invoice is over: what was asked for, if so much is left, or all that is left.
fn owed(total: Cents, invoiced: Cents, asked: Option<&Decimal>) -> Result<Cents> {
    let left = Cents((total.0 - invoiced.0).max(0));
    if left == Cents(0) {
        return Err(Problem::new(409, "fully-invoiced", "nothing of the order is left to be invoiced"));
    }
    let Some(asked) = asked else { return Ok(left) };
    let out_of = |code, detail: String| Problem::validation([Reason::body("/amount", code, detail)]);
    match Cents::read(asked.as_str()) {
        None => Err(out_of("format", format!("must be a decimal number of at most two places, not {:?}", asked.as_str()))),
        Some(Cents(..=0)) => Err(out_of("range", "must be more than 0".to_owned())),
        Some(amount) if amount > left => {
            Err(out_of("range", format!("must be at most {}, which is what is not invoiced yet", left.decimal())))
        }
        Some(amount) => Ok(amount),
    }
}

/// `2026-0001`, `2026-0002`, and so on: no number is given twice, and none is left out, since a request that fails takes its own back.
fn next_number(year: i64) -> Result<String> {
    let sql = "INSERT INTO invoice_numbers (year, last) VALUES (?, 1) ON CONFLICT (year) DO UPDATE SET last = last + 1 RETURNING last";
    let number: Option<i64> = database::value(sql, params![year])?;
    let number = number.ok_or_else(|| Problem::internal("the counter of the year's invoices gave no number"))?;
    Ok(format!("{year}-{number:04}"))
}

/// How far an invoice is, in the order in which it goes.
#[data]
#[derive(PartialEq, PartialOrd)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Paid,
    Void,
}

/// Which invoices of an order.
#[data]
pub(crate) struct Filter {
    /// Only those that are so far.
    status: Option<Status>,
}

/// Lists the invoices of an order, which must be there.
pub(crate) fn of_order(Path(order): Path<Ulid>, Query(filter): Query<Filter>) -> Result<Document> {
    if !database::exists("SELECT 1 FROM orders WHERE id = ?", params![&order])? {
        return Err(Problem::not_found(format!("there is no order {order}")));
    }
    let status = filter.status.map(|status| match status {
        Status::Open => "open",
        Status::Paid => "paid",
        Status::Void => "void",
    });
    // Nobody makes out so many invoices for one order that a second page were needed.
    let query = [("order_id", order.as_str()), ("limit", "1000")].into_iter().chain(status.map(|status| ("status", status)));
    records::list("invoices", &records::query(query))
}

/// What the host answers to a row that refers to none.
fn no_order() -> Problem {
    Problem::conflict("there is no such order")
        .reason(Reason::body("/order_id", "foreign-key", "refers to a row that does not exist"))
        .with("constraint", "foreign_key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_invoiced_than_the_order_is_worth() {
        let asked = |invoiced, amount: Option<&str>| {
            let amount = amount.map(Decimal::from);
            owed(Cents(1250), Cents(invoiced), amount.as_ref())
                .map(Cents::decimal)
                .map_err(|problem| problem.errors.first().map_or(problem.code, |reason| reason.code.clone()))
        };
        assert_eq!(asked(0, None).as_deref(), Ok("12.50"));
        assert_eq!(asked(1000, None).as_deref(), Ok("2.50"));
        assert_eq!(asked(1000, Some("2.5")).as_deref(), Ok("2.50"));
        assert_eq!(asked(1000, Some("2.51")), Err("range".to_owned()));
        assert_eq!(asked(0, Some("0")), Err("range".to_owned()));
        assert_eq!(asked(0, Some("-1")), Err("range".to_owned()));
        assert_eq!(asked(0, Some("1.005")), Err("format".to_owned()));
        assert_eq!(asked(1250, None), Err("fully-invoiced".to_owned()));
        assert_eq!(asked(9999, Some("1")), Err("fully-invoiced".to_owned()));
    }
}
