"""A client generated from the description creates, reads, changes and deletes a user."""

import sys

import tenon_client as tenon

api = tenon.ShopApi(tenon.ApiClient(tenon.Configuration(host=sys.argv[1])))

made = api.shop_users_create(tenon.ShopUsersCreate(email="client@example.org", name="Client"))
assert (made.email, made.is_active, made.tags) == ("client@example.org", True, []), made
assert api.shop_users_get(made.id) == made
assert made in api.shop_users_list(email="client@example.org").actual_instance
assert api.shop_users_list(page=1, size=1, email="client@example.org").actual_instance.total == 1

changed = api.shop_users_update(made.id, tenon.ShopUsersPatch(name="Changed"))
assert (changed.name, changed.email) == ("Changed", made.email), changed
replaced = api.shop_users_replace(made.id, tenon.ShopUsersCreate(email="other@example.org", name="Other"))
assert (replaced.id, replaced.email) == (made.id, "other@example.org"), replaced

api.shop_users_delete(made.id)
try:
    api.shop_users_get(made.id)
except tenon.exceptions.NotFoundException as gone:
    assert gone.headers["content-type"] == "application/problem+json"
else:
    sys.exit("the user is still there")
print("a generated client created, read, changed and deleted a user")
