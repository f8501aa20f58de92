;; The price of every piece of content, in micro-STX.
;;
;; The account that deploys this contract (the platform's) owns it, and may set any price. The creator of a piece of
;; content, once the owner has named them, may set its price as well.

(define-constant contract-owner tx-sender)

(define-constant err-empty-id (err u400))
(define-constant err-not-allowed (err u403))

(define-map prices (string-ascii 64) uint)
(define-map creators (string-ascii 64) principal)

(define-private (is-owner)
  (is-eq tx-sender contract-owner))

(define-private (is-creator (content-id (string-ascii 64)))
  (is-eq (some tx-sender) (map-get? creators content-id)))

(define-public (set-price (content-id (string-ascii 64)) (price uint))
  (begin
    (asserts! (> (len content-id) u0) err-empty-id)
    (asserts! (or (is-owner) (is-creator content-id)) err-not-allowed)
    (map-set prices content-id price)
    (print { event: "price-set", content-id: content-id, price: price })
    (ok price)))

;; Names the creator of a piece of content.
(define-public (set-creator (content-id (string-ascii 64)) (creator principal))
  (begin
    (asserts! (> (len content-id) u0) err-empty-id)
    (asserts! (is-owner) err-not-allowed)
    (map-set creators content-id creator)
    (ok true)))

;; Does nothing but use a nonce: the substitute for a call that the node refuses.
(define-public (skip)
  (ok true))

(define-read-only (get-price (content-id (string-ascii 64)))
  (map-get? prices content-id))
