"""Money that goes round: a related company pays the firm's invoices, and bills nearly the same sum back."""

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.costs import BILL, RELATED, Costs, Obligation
from sandbox.life.orders import Receipt, Sales
from sandbox.life.traits import Traits


def circulate(sales: Sales, costs: Costs, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Add an invoice to the related company, its payment, and its bill, every month.

    The company is the last customer and the supplier ``RELATED``. What stays with it is the price of the favour.
    """
    related = max(sales.customer, default=-1) + 1
    working, bills = when.next_working, costs.bills
    for first in when.month_first:
        issued = working[first + 2 + int(rng.integers(0, 6))]
        paid, back = working[issued + 2], working[issued + 3]
        if issued > when.last:
            continue
        net = round(traits.sales * traits.related_sales * float(np.exp(rng.normal(0.0, 0.08)))) * 100
        tax = (net * 19 + 50) // 100
        index = len(sales.issued)
        sales.customer.append(related)
        sales.issued.append(issued)
        sales.due.append(issued + (30 if traits.term is None else traits.term))
        sales.net.append(net)
        sales.tax.append(tax)
        sales.rate.append(19)
        sales.receipts.append(Receipt(day=paid, amount=net + tax, invoice=index, kind="paid", closes=True))
        billed = round(net * 0.985)
        number = len(bills.net)
        bills.supplier.append(RELATED)
        bills.issued.append(min(working[issued + 1], when.last))
        bills.deadline.append(back)
        bills.is_stated.append(True)
        bills.net.append(billed)
        bills.tax.append((billed * 19 + 50) // 100)
        bills.rate.append(19)
        bills.is_debit.append(False)
        gross = billed + bills.tax[number]
        payee = f"supplier:{RELATED}"
        costs.obligations.append(Obligation(BILL, back, gross, "", payee, bill=number, planned=back))
