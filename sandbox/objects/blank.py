"""Templates of objects: all fields in the order of the API, with their default values.

A reference that is not set is null here and absent in the object; ``without_unset`` takes it out.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from sandbox.objects.values import Object

Blank: TypeAlias = Mapping[str, Any]
"""Fields to what they hold."""


REFERENCES: Mapping[str, tuple[str, ...]] = {
    "Invoice": ("addressCountry", "paymentMethod", "origin", "taxRule", "taxSet", "costCentre"),
    "CreditNote": ("addressCountry", "paymentMethod", "origin", "refSrcInvoice", "taxRule", "taxSet", "costCentre"),
    "Voucher": ("supplier", "document", "costCentre", "taxRule", "taxSet", "origin"),
    "VoucherPos": ("accountingType", "accountDatev"),
    "Contact": ("parent",),
    "ContactAddress": ("country", "category"),
    "Part": ("category",),
    "CheckAccountTransaction": ("sourceTransaction", "targetTransaction"),
}
"""By resource, those that are absent where they are not set; others, such as a draft's missing contact, are null."""


def without_unset(item: Object) -> Object:
    """The object as the API shows it: references that are not set are absent."""
    references = REFERENCES[item["objectName"]]
    return {name: value for name, value in item.items() if value is not None or name not in references}


_HEAD: Blank = dict.fromkeys(("id", "objectName", "additionalInformation", "create", "update"))
_LETTER: Blank = dict.fromkeys(("header", "headText", "footText", "timeToPay"))
_ADDRESS: Blank = dict.fromkeys(("addressName", "addressStreet", "addressZip", "addressCity", "addressCountry"))
_SUMS: Blank = dict.fromkeys(("sumNet", "sumTax", "sumGross"), "0")
_SUMS_IN_ACCOUNTS: Blank = {f"{name}Accounting": "0" for name in _SUMS}
_SUMS_ABROAD: Blank = {f"{name}ForeignCurrency": "0" for name in _SUMS}
_DOCUMENT_SUMS: Blank = {
    **_SUMS,
    "sumDiscounts": "0",
    **_SUMS_ABROAD,
    "sumDiscountsForeignCurrency": "0",
    **_SUMS_IN_ACCOUNTS,
}
_DISCOUNTS: Blank = dict.fromkeys(("sumDiscountNet", "sumDiscountGross"), "0")
_DISCOUNTS_ABROAD: Blank = {f"{name}ForeignCurrency": "0" for name in _DISCOUNTS}

INVOICE: Blank = {
    "id": None,
    "objectName": "Invoice",
    "additionalInformation": None,
    "invoiceNumber": None,
    "contact": None,
    "create": None,
    "update": None,
    "sevClient": None,
    "invoiceDate": None,
    **_LETTER,
    "discountTime": None,
    "discount": "0",
    **_ADDRESS,
    "payDate": None,
    "createUser": None,
    "deliveryDate": None,
    "status": "100",
    "smallSettlement": "0",
    "contactPerson": None,
    "taxRate": "0",
    "taxText": None,
    "dunningLevel": None,
    "addressParentName": None,
    "taxType": None,
    "paymentMethod": None,
    "sendDate": None,
    "origin": None,
    "invoiceType": "RE",
    "accountIntervall": None,
    "accountLastInvoice": None,
    "accountNextInvoice": None,
    "reminderTotal": None,
    "reminderDebit": None,
    "reminderDeadline": None,
    "reminderCharge": "0",
    "addressParentName2": None,
    "addressName2": None,
    "addressGender": None,
    "accountStartDate": None,
    "accountEndDate": None,
    "address": None,
    "currency": None,
    **_DOCUMENT_SUMS,
    "paidAmount": 0,
    "customerInternalNote": None,
    "einvoiceReference": None,
    "sepaMandateReference": None,
    "sepaCreditorId": None,
    "sepaPayerIban": None,
    "showNet": "1",
    "enshrined": None,
    "sendType": "0",
    "deliveryDateUntil": None,
    "sendPaymentReceivedNotificationDate": None,
    **_DISCOUNTS,
    **_DISCOUNTS_ABROAD,
    "taxRule": None,
}
"""A draft."""

CREDIT_NOTE: Blank = {
    "id": None,
    "objectName": "CreditNote",
    "additionalInformation": None,
    "creditNoteNumber": None,
    "contact": None,
    "create": None,
    "update": None,
    "creditNoteDate": None,
    **_LETTER,
    "discountTime": "0",
    "discount": "0",
    **_ADDRESS,
    "payDate": None,
    "createUser": None,
    "sevClient": None,
    "deliveryDate": None,
    "status": "100",
    "smallSettlement": "0",
    "contactPerson": None,
    "taxRate": "0",
    "taxText": None,
    "addressParentName": None,
    "taxType": None,
    "paymentMethod": None,
    "sendDate": None,
    "origin": None,
    "creditNoteType": "CN",
    "accountIntervall": None,
    "accountLastCreditNote": None,
    "accountNextCreditNote": None,
    "reminderTotal": None,
    "reminderDebit": None,
    "reminderDeadline": None,
    "reminderCharge": None,
    "addressParentName2": None,
    "addressName2": None,
    "addressGender": None,
    "accountEndDate": None,
    "address": None,
    "currency": None,
    **_DOCUMENT_SUMS,
    "customerInternalNote": None,
    "taxNumber": None,
    "vatNumber": None,
    "showNet": "1",
    "enshrined": None,
    "sendType": "0",
    "bookingCategory": None,
    "deliveryDateUntil": None,
    "refSrcInvoice": None,
    "isTransferred": "0",
    **_DISCOUNTS,
    **_DISCOUNTS_ABROAD,
    "taxRule": None,
}
"""A draft; it has no ``paidAmount``."""

VOUCHER: Blank = {
    **_HEAD,
    "sevClient": None,
    "createUser": None,
    "voucherDate": None,
    "supplier": None,
    "supplierName": None,
    "description": None,
    "document": None,
    "resultDisdar": None,
    "payDate": None,
    "status": "50",
    "currency": "EUR",
    **_SUMS,
    **_SUMS_IN_ACCOUNTS,
    "showNet": "1",
    "paidAmount": 0,
    "taxType": None,
    "creditDebit": None,
    "hidden": "0",
    "voucherType": "VOU",
    "recurringIntervall": None,
    "recurringInterval": None,
    "recurringStartDate": None,
    "recurringNextVoucher": None,
    "recurringLastVoucher": None,
    "recurringEndDate": None,
    "enshrined": None,
    "sendType": None,
    "inSource": None,
    "iban": None,
    "accountingSpecialCase": None,
    "paymentDeadline": None,
    "tip": "0",
    "mileageRate": "0",
    "selectedForPaymentFile": "0",
    "supplierNameAtSave": None,
    "taxmaroStockAccount": None,
    "vatNumber": None,
    "deliveryDate": None,
    "deliveryDateUntil": None,
    **_DISCOUNTS,
    **_SUMS_ABROAD,
    **_DISCOUNTS_ABROAD,
    "taxRule": None,
}
"""A draft."""

DOCUMENT_POSITION: Blank = {
    "quantity": "1",
    "price": "0",
    "name": None,
    "priority": "100",
    "unity": None,
    "positionNumber": "1000",
    "text": None,
    "discount": "0",
    "isPercentage": "1",
    "discountedValue": None,
    "taxRate": "0",
    "temporary": "0",
    "sumNet": "0",
    "sumGross": "0",
    "sumDiscount": "0",
    "sumTax": "0",
    **_SUMS_IN_ACCOUNTS,
    "priceNet": "0",
    "priceGross": "0",
    "priceTax": "0",
    **_SUMS_ABROAD,
    "sumDiscountForeignCurrency": "0",
    "createNextPart": None,
}
"""Of an invoice or a credit note: what follows its head, the reference to its document, and its client."""

VOUCHER_POSITION: Blank = {
    **_HEAD,
    "sevClient": None,
    "voucher": None,
    "taxRate": "0",
    "sum": None,
    "net": "1",
    "isAsset": "0",
    "assetMemoValue": "0",
    **_SUMS,
    **_SUMS_IN_ACCOUNTS,
    "comment": None,
    "isGwg": "0",
    "cateringTaxRate": None,
    "cateringTip": "0",
    **{f"specialAccountingField{number}": None for number in range(1, 6)},
    "accountingType": None,
    "accountDatev": None,
    "isPercentage": "1",
    "discountedValue": "0",
    **_SUMS_ABROAD,
    "sumDiscountForeignCurrency": "0",
    "createNextPart": None,
}
"""Its booking account is one of two references: of system 1.0, or of 2.0."""

CONTACT: Blank = {
    **_HEAD,
    "name": None,
    "status": "1000",
    "customerNumber": None,
    "surename": None,
    "familyname": None,
    "titel": None,
    "category": None,
    "description": None,
    "academicTitle": None,
    "gender": None,
    "sevClient": None,
    "name2": None,
    "birthday": None,
    "vatNumber": None,
    "bankAccount": None,
    "bankNumber": None,
    "mandateReference": None,
    "defaultCashbackTime": None,
    "defaultCashbackPercent": None,
    "defaultTimeToPay": None,
    "taxNumber": None,
    "taxOffice": None,
    "exemptVat": "0",
    "taxType": None,
    "defaultDiscountAmount": None,
    "defaultDiscountPercentage": "1",
    "buyerReference": None,
    "governmentAgency": "0",
    "defaultShowVat": "1",
}

COMMUNICATION_WAY: Blank = {
    **_HEAD,
    "contact": None,
    "type": None,
    "value": None,
    "key": None,
    "main": "0",
    "sevClient": None,
}

ACCOUNTING_CONTACT: Blank = {
    **_HEAD,
    "contact": None,
    "sevClient": None,
    "debitorNumber": None,
    "creditorNumber": None,
}
"""A contact's own accounts: as a customer, and as a supplier."""

CUSTOM_FIELD_SETTING: Blank = {
    **_HEAD,
    "sevClient": None,
    "name": None,
    "identifier": None,
    "description": None,
}
"""A field that contacts can have in addition."""

CUSTOM_FIELD: Blank = {
    **_HEAD,
    "sevClient": None,
    "contact": None,
    "contactCustomFieldSetting": None,
    "value": None,
}
"""What one contact has in such a field; the whole setting is in it."""

PART: Blank = {
    **_HEAD,
    "name": None,
    "partNumber": None,
    "text": None,
    "category": None,
    "stock": "0",
    "stockEnabled": "0",
    "unity": None,
    "price": None,
    "priceNet": None,
    "priceGross": None,
    "sevClient": None,
    "pricePurchase": None,
    "taxRate": "0",
    "status": "100",
    "internalComment": None,
}

TAG: Blank = {**dict.fromkeys(("id", "objectName", "additionalInformation", "create", "name", "sevClient"))}

TAG_RELATION: Blank = {
    **dict.fromkeys(("id", "objectName", "additionalInformation", "create", "tag", "object", "sevClient"))
}
"""That a document has a tag; neither it nor the tag tells when it changed."""

CHECK_ACCOUNT: Blank = {
    **_HEAD,
    "sevClient": None,
    "name": None,
    "type": None,
    "importType": None,
    "currency": "EUR",
    "checkAccId": None,
    "pin": None,
    "defaultAccount": "0",
    "status": "100",
    "translationCode": None,
    "bankServer": None,
    "balance": None,
    "accountingNumber": None,
    "iban": None,
    "bic": None,
    "baseAccount": "0",
    "priority": "0",
    "countryCode": None,
    "autoMapTransaction": "1",
    "autoSyncTransactions": "0",
    "lastSync": None,
}

LINE: Blank = {
    **_HEAD,
    "sevClient": None,
    "valueDate": None,
    "entryDate": None,
    "amount": "0",
    "feeAmount": None,
    "gvCode": None,
    "entryText": None,
    "primaNotaNo": None,
    "paymtPurpose": None,
    "payeePayerBankCode": None,
    "payeePayerAcctNo": None,
    "payeePayerName": None,
    "checkAccount": None,
    "status": "100",
    "score": None,
    "compareHash": None,
    "enshrined": None,
    "sourceTransaction": None,
    "targetTransaction": None,
    "obonoReceiptUuid": None,
    "externalId": None,
    "deletedAt": None,
    "restoredAt": None,
}
"""A free line, of the resource CheckAccountTransaction."""
